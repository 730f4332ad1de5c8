enable subgroups;
diagnostic(off, subgroup_uniformity);

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read_write> counts: array<atomic<u32>>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

var<workgroup> part: array<f32, 64>;

var<workgroup> first: atomic<i32>;

// Sums of the workgroups, and a histogram of the values.
@compute @workgroup_size(32, 2)
fn sums(@builtin(global_invocation_id) global_id: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
    let i = global_id.x;
    var x_value = 0.0;
    if (i < arrayLength(&x)) {
        x_value = x[i];
    }
    part[local_index] = x_value;
    storageBarrier();
    workgroupBarrier();
    if (local_index < 32u) {
        part[local_index] = part[local_index] + part[local_index + 32u];
    }
    storageBarrier();
    workgroupBarrier();
    if (local_index < 16u) {
        part[local_index] = part[local_index] + part[local_index + 16u];
    }
    storageBarrier();
    workgroupBarrier();
    if (local_index < 8u) {
        part[local_index] = part[local_index] + part[local_index + 8u];
    }
    storageBarrier();
    workgroupBarrier();
    if (local_index < 4u) {
        part[local_index] = part[local_index] + part[local_index + 4u];
    }
    storageBarrier();
    workgroupBarrier();
    if (local_index < 2u) {
        part[local_index] = part[local_index] + part[local_index + 2u];
    }
    storageBarrier();
    workgroupBarrier();
    if (local_index < 1u) {
        part[local_index] = part[local_index] + part[local_index + 1u];
    }
    storageBarrier();
    workgroupBarrier();
    if (local_index == 0u) {
        let v = part[0];
        if (arrayLength(&total) > 0u) {
            let old = bitcast<f32>(atomicLoad(&total[0u]));
            var v_1 = old;
            loop {
                let expected = bitcast<u32>(v_1);
                let desired = bitcast<u32>(v_1 + v);
                var old_1: u32;
                loop {
                    let attempt = atomicCompareExchangeWeak(&total[0u], expected, desired);
                    old_1 = attempt.old_value;
                    if (attempt.exchanged || old_1 != expected) {
                        break;
                    }
                }
                let v_2 = bitcast<f32>(old_1);
                if (bitcast<u32>(v_2) == bitcast<u32>(v_1)) {
                    break;
                }
                continuing {
                    v_1 = v_2;
                }
            }
        }
    }
    let v_3 = x_value * 16.0;
    let bin = select(u32(select(0.0, v_3, v_3 >= 0.0 && v_3 < 4.2949673e+09)), 4294967295u, v_3 >= 4.2949673e+09);
    var v_4 = 0u;
    if (bin < arrayLength(&counts)) {
        atomicAdd(&counts[bin], 1u);
        var old_2: u32;
        loop {
            let attempt_1 = atomicCompareExchangeWeak(&counts[bin], 1u, 100u);
            old_2 = attempt_1.old_value;
            if (attempt_1.exchanged || old_2 != 1u) {
                break;
            }
        }
        let old_3 = old_2;
        v_4 = old_3;
    }
    atomicMax(&first, i32(v_4));
    let sum = subgroupAdd(x_value);
    let v_5 = subgroupShuffleXor(sum, 1u);
    let v_6 = subgroupShuffleUp(sum, 2u);
    let old_4 = atomicLoad(&first);
    if (i < arrayLength(&out)) {
        out[i] = sum + v_5 + v_6 + f32(old_4);
    }
}
