// invocations of a workgroup
@id(0) override BLOCK: u32 = 64u;
@id(3) override SCALE: f32 = 1.5;
@id(4) override SHARE: bool = true;
@id(7) override BIAS: i32 = i32(-2147483648);

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

var<workgroup> part: array<f32, BLOCK>;

@compute @workgroup_size(BLOCK, 2)
fn main(@builtin(global_invocation_id) global_id: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {
    // tests/golden/spec.vt:10
    let out_len = arrayLength(&out);
    let i = global_id.x;
    // tests/golden/spec.vt:12
    let v = local_index % select(BLOCK, 1u, BLOCK == 0u);
    var x_value = 0.0;
    if (i < arrayLength(&x)) {
        x_value = x[i];
    }
    if (v < BLOCK) {
        part[v] = x_value * SCALE;
    }
    // tests/golden/spec.vt:13
    storageBarrier();
    workgroupBarrier();
    // tests/golden/spec.vt:14
    if (SHARE) {
        // tests/golden/spec.vt:15
        let v_1 = BLOCK;
        let v_2 = v_1 - 1u - local_index % select(BLOCK, 1u, BLOCK == 0u);
        let v_3 = BLOCK;
        let v_4 = BIAS;
        let v_5 = 1000000i;
        let v_6 = select(0.0, part[min(v_2, v_3 - 1u)], v_2 < BLOCK) + f32(v_4 / 2i) + f32(v_5 * BIAS);
        if (i < out_len) {
            out[i] = v_6;
        }
    }
    // tests/golden/spec.vt:17
    let v_7 = BLOCK == 0u;
    let v_8 = BLOCK == 0u;
    let v_9 = select(vec3<u32>(BLOCK, 2u, 1u).x / select(BLOCK, 1u, v_7), 0u, v_7) + select(1u / select(BLOCK, 1u, v_8), 0u, v_8);
    if (0u < out_len) {
        out[0u] = f32(v_9);
    }
}
