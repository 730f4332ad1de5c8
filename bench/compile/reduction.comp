#version 450
layout(local_size_x = 256) in;
layout(std430, binding = 0) readonly buffer Values { float values[]; };
layout(std430, binding = 1) writeonly buffer Sums { float sums[]; };
shared float partial_sums[256];

void main() {
    uint local_index = gl_LocalInvocationIndex;
    float sum = 0.0;
    for (uint k = gl_GlobalInvocationID.x; k < values.length(); k += 65536) {
        sum += values[k];
    }
    partial_sums[local_index] = sum;
    barrier();
    for (uint half_size = 128; half_size > 0; half_size /= 2) {
        if (local_index < half_size) {
            partial_sums[local_index] += partial_sums[local_index + half_size];
        }
        barrier();
    }
    if (local_index == 0) {
        sums[gl_WorkGroupID.x] = partial_sums[0];
    }
}
