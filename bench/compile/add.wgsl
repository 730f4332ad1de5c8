@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(64)
fn add(@builtin(global_invocation_id) id: vec3u) {
    let i = id.x;
    if (i < arrayLength(&a) && i < arrayLength(&b) && i < arrayLength(&result)) {
        result[i] = a[i] + b[i];
    }
}
