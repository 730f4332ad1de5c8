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
    let out_len = arrayLength(&out);
    let i = global_id.x;
    let v = BLOCK == 0u;
    let v_1 = select(BLOCK, 1u, v);
    let v_2 = local_index % v_1;
    var x_value = 0.0;
    if (i < arrayLength(&x)) {
        x_value = x[i];
    }
    if (v_2 < BLOCK) {
        part[v_2] = x_value * SCALE;
    }
    storageBarrier();
    workgroupBarrier();
    if (SHARE) {
        let v_3 = BLOCK;
        let v_4 = v_3 - 1u;
        let v_5 = v_4 - v_2;
        let v_6 = BIAS;
        let v_7 = BIAS;
        let v_8 = select(0.0, part[min(v_5, v_4)], v_5 < BLOCK) + f32(v_6 / 2i) + f32(v_7 * 1000000i);
        if (i < out_len) {
            out[i] = v_8;
        }
    }
    let v_9 = select(vec3<u32>(BLOCK, 2u, 1u).x / v_1, 0u, v) + select(1u / v_1, 0u, v);
    if (out_len > 0u) {
        out[0u] = f32(v_9);
    }
}
