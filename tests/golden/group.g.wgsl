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
    // tests/golden/group.vt:5
    let x_len = arrayLength(&x);
    let counts_len = arrayLength(&counts);
    let i = global_id.x;
    // tests/golden/group.vt:8
    var x_value = 0.0;
    if (i < x_len) {
        x_value = x[i];
    }
    part[local_index] = x_value;
    // tests/golden/group.vt:9
    storageBarrier();
    workgroupBarrier();
    // tests/golden/group.vt:10
    var width = 32u;
    // tests/golden/group.vt:11
    loop {
        if (width <= 0u) {
            break;
        }
        // tests/golden/group.vt:12
        if (local_index < width) {
            // tests/golden/group.vt:13
            let v = local_index + width;
            part[local_index] = part[local_index] + select(0.0, part[min(v, 63u)], v < 64u);
        }
        // tests/golden/group.vt:15
        storageBarrier();
        workgroupBarrier();
        // tests/golden/group.vt:16
        width = width / 2u;
    }
    // tests/golden/group.vt:18
    if (local_index == 0u) {
        // tests/golden/group.vt:19
        let v_1 = part[0];
        if (0u < arrayLength(&total)) {
            let old = bitcast<f32>(atomicLoad(&total[0u]));
            var v_2 = old;
            loop {
                let expected = bitcast<u32>(v_2);
                let desired = bitcast<u32>(v_2 + v_1);
                var old_1: u32;
                loop {
                    let attempt = atomicCompareExchangeWeak(&total[0u], expected, desired);
                    old_1 = attempt.old_value;
                    if (attempt.exchanged || old_1 != expected) {
                        break;
                    }
                }
                let v_3 = bitcast<f32>(old_1);
                if (bitcast<u32>(v_3) == bitcast<u32>(v_2)) {
                    break;
                }
                continuing {
                    v_2 = v_3;
                }
            }
        }
    }
    // tests/golden/group.vt:21
    var x_value_1 = 0.0;
    if (i < x_len) {
        x_value_1 = x[i];
    }
    let v_4 = x_value_1 * 16.0;
    let bin = select(u32(select(0.0, v_4, v_4 >= 0.0 && v_4 < 4.2949673e+09)), 4294967295u, v_4 >= 4.2949673e+09);
    // tests/golden/group.vt:22
    if (bin < counts_len) {
        atomicAdd(&counts[bin], 1u);
    }
    // tests/golden/group.vt:23
    var old_2 = 0u;
    if (bin < counts_len) {
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
    // tests/golden/group.vt:24
    atomicMax(&first, i32(old_2));
    // tests/golden/group.vt:25
    var x_value_2 = 0.0;
    if (i < x_len) {
        x_value_2 = x[i];
    }
    let sum = subgroupAdd(x_value_2);
    // tests/golden/group.vt:26
    let v_5 = subgroupShuffleXor(sum, 1u);
    let v_6 = subgroupShuffleUp(sum, 2u);
    let old_4 = atomicLoad(&first);
    if (i < arrayLength(&out)) {
        out[i] = sum + v_5 + v_6 + f32(old_4);
    }
}
