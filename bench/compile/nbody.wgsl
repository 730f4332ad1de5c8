@group(0) @binding(0) var<storage, read> bodies: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;
@group(0) @binding(2) var<uniform> softening: f32;
var<workgroup> tile: array<vec4f, 256>;

@compute @workgroup_size(256)
fn nbody(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) local_index: u32) {
    let i = id.x;
    let n = arrayLength(&bodies);
    let own = select(vec3f(), bodies[i].xyz, i < n);
    var pull = vec3f();
    for (var start = 0u; start < n; start += 256) {
        let at = start + local_index;
        tile[local_index] = select(vec4f(), bodies[at], at < n);
        workgroupBarrier();
        for (var k = 0u; k < 256; k++) {
            let other = tile[k];
            let d = other.xyz - own;
            let inverse = inverseSqrt(dot(d, d) + softening);
            pull += d * (other.w * inverse * inverse * inverse);
        }
        workgroupBarrier();
    }
    if (i < arrayLength(&result)) {
        result[i] = vec4f(pull, 0.0);
    }
}
