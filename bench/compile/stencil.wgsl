@group(0) @binding(0) var<storage, read> before: array<f32>;
@group(0) @binding(1) var<storage, read_write> after: array<f32>;
struct Constants {
    width: u32,
    height: u32,
    factor: f32,
}
@group(0) @binding(2) var<uniform> k: Constants;

@compute @workgroup_size(16, 16)
fn stencil(@builtin(global_invocation_id) id: vec3u) {
    let i = id.x;
    let j = id.y;
    if (i == 0 || j == 0 || i + 1 >= k.width || j + 1 >= k.height) {
        return;
    }
    let at = j * k.width + i;
    let middle = before[at];
    let around = before[at - 1] + before[at + 1] + before[at - k.width] + before[at + k.width];
    after[at] = clamp(middle + k.factor * (around - 4.0 * middle), 0.0, 1.0);
}
