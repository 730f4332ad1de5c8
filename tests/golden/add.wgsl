@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn add(@builtin(global_invocation_id) global_id: vec3<u32>) {
    let i = global_id.x;
    var a_value = 0.0;
    if (i < arrayLength(&a)) {
        a_value = a[i];
    }
    var b_value = 0.0;
    if (i < arrayLength(&b)) {
        b_value = b[i];
    }
    if (i < arrayLength(&out)) {
        out[i] = a_value + b_value;
    }
}
