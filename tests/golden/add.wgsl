@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn add(@builtin(global_invocation_id) global_id: vec3<u32>) {
    let a_len = arrayLength(&a);
    let b_len = arrayLength(&b);
    let out_len = arrayLength(&out);
    let i = global_id.x;
    if (i < min(min(a_len, b_len), out_len)) {
        out[i] = a[i] + b[i];
    } else {
        var a_value = 0.0;
        if (i < a_len) {
            a_value = a[i];
        }
        var b_value = 0.0;
        if (i < b_len) {
            b_value = b[i];
        }
        if (i < out_len) {
            out[i] = a_value + b_value;
        }
    }
}
