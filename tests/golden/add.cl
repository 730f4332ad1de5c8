// OpenCL C 1.2: -cl-std=CL1.2

kernel __attribute__((reqd_work_group_size(64, 1, 1))) void add(
        global const float *restrict a,
        global const float *restrict b,
        global float *restrict out,
        uint a_len,
        uint b_len,
        uint out_len) {
    uint3 global_id = (uint3)(get_global_id(0), get_global_id(1), get_global_id(2));
    uint i = global_id.x;
    if (i < min(min(a_len, b_len), out_len)) {
        out[i] = a[i] + b[i];
    } else {
        float a_value = 0.0f;
        if (i < a_len) {
            a_value = a[i];
        }
        float b_value = 0.0f;
        if (i < b_len) {
            b_value = b[i];
        }
        if (i < out_len) {
            out[i] = a_value + b_value;
        }
    }
}
