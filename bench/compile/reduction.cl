__attribute__((reqd_work_group_size(256, 1, 1)))
kernel void reduction(global const float *values, global float *sums, uint n) {
    local float partial[256];
    uint local_index = get_local_id(0);
    float sum = 0.0f;
    for (uint k = get_global_id(0); k < n; k += 65536) {
        sum += values[k];
    }
    partial[local_index] = sum;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint half_size = 128; half_size > 0; half_size /= 2) {
        if (local_index < half_size) {
            partial[local_index] += partial[local_index + half_size];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (local_index == 0) {
        sums[get_group_id(0)] = partial[0];
    }
}
