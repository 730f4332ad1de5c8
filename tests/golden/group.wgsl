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
fn sums(@builtin(global_invocation_id) global_id: vec3<u32>, @builtin(local_invocation_index) local_index: u32, @builtin(subgroup_invocation_id) lane: u32) {
    let i = global_id.x;
    let v = i < arrayLength(&x);
    var x_value = 0.0;
    if (v) {
        x_value = x[i];
    }
    let v_1 = local_index < 64u;
    if (v_1) {
        part[local_index] = x_value;
    }
    storageBarrier();
    workgroupBarrier();
    var width = 32u;
    loop {
        if (width <= 0u) {
            break;
        }
        if (local_index < width) {
            let v_2 = local_index + width;
            let v_3 = select(0.0, part[min(local_index, 63u)], v_1) + select(0.0, part[min(v_2, 63u)], v_2 < 64u);
            if (v_1) {
                part[local_index] = v_3;
            }
        }
        storageBarrier();
        workgroupBarrier();
        continuing {
            width = width / 2u;
        }
    }
    if (local_index == 0u) {
        let v_4 = part[0];
        if (arrayLength(&total) > 0u) {
            let old = bitcast<f32>(atomicLoad(&total[0u]));
            var v_5 = old;
            loop {
                let expected = bitcast<u32>(v_5);
                let desired = bitcast<u32>(v_5 + v_4);
                var old_1: u32;
                loop {
                    let attempt = atomicCompareExchangeWeak(&total[0u], expected, desired);
                    old_1 = attempt.old_value;
                    if (attempt.exchanged || old_1 != expected) {
                        break;
                    }
                }
                let v_6 = bitcast<f32>(old_1);
                if (bitcast<u32>(v_6) == bitcast<u32>(v_5)) {
                    break;
                }
                continuing {
                    v_5 = v_6;
                }
            }
        }
    }
    var x_value_1 = 0.0;
    if (v) {
        x_value_1 = x[i];
    }
    let v_7 = x_value_1 * 16.0;
    let bin = select(u32(select(0.0, v_7, v_7 >= 0.0 && v_7 < 4.2949673e+09)), 4294967295u, v_7 >= 4.2949673e+09);
    let v_8 = bin < arrayLength(&counts);
    if (v_8) {
        atomicAdd(&counts[bin], 1u);
    }
    var old_2 = 0u;
    if (v_8) {
        var old_3: u32;
        loop {
            let attempt_1 = atomicCompareExchangeWeak(&counts[bin], 1u, 100u);
            old_3 = attempt_1.old_value;
            if (attempt_1.exchanged || old_3 != 1u) {
                break;
            }
        }
        old_2 = old_3;
    }
    atomicMax(&first, i32(old_2));
    var x_value_2 = 0.0;
    if (v) {
        x_value_2 = x[i];
    }
    let sum = subgroupAdd(x_value_2);
    let v_9 = subgroupShuffleXor(sum, 1u);
    let v_10 = subgroupShuffle(sum, lane - lane / 2u);
    let old_4 = atomicLoad(&first);
    if (i < arrayLength(&out)) {
        out[i] = sum + v_9 + v_10 + f32(old_4);
    }
}
