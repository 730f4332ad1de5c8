@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
struct Constants {
    m: u32,
    n: u32,
    inner: u32,
}
@group(0) @binding(3) var<uniform> k: Constants;
var<workgroup> left: array<array<f32, 16>, 16>;
var<workgroup> right: array<array<f32, 16>, 16>;

@compute @workgroup_size(16, 16)
fn matmul(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_id) local_id: vec3u) {
    let i = id.x;
    let j = id.y;
    let x = local_id.x;
    let y = local_id.y;
    var sum = 0.0;
    for (var first = 0u; first < k.inner; first += 16) {
        left[y][x] = select(0.0, a[j * k.inner + first + x], j < k.m && first + x < k.inner);
        right[y][x] = select(0.0, b[(first + y) * k.n + i], i < k.n && first + y < k.inner);
        workgroupBarrier();
        for (var at = 0u; at < 16; at++) {
            sum += left[y][at] * right[at][x];
        }
        workgroupBarrier();
    }
    if (i < k.n && j < k.m) {
        c[j * k.n + i] = sum;
    }
}
