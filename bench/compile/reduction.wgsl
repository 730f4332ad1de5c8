@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
var<workgroup> partial: array<f32, 256>;

@compute @workgroup_size(256)
fn reduction(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) local_index: u32,
             @builtin(workgroup_id) group: vec3u) {
    var sum = 0.0;
    for (var k = id.x; k < arrayLength(&values); k += 65536) {
        sum += values[k];
    }
    partial[local_index] = sum;
    workgroupBarrier();
    for (var half_size = 128u; half_size > 0; half_size /= 2) {
        if (local_index < half_size) {
            partial[local_index] += partial[local_index + half_size];
        }
        workgroupBarrier();
    }
    if (local_index == 0) {
        sums[group.x] = partial[0];
    }
}
