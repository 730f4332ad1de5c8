// OpenCL C 1.2: -cl-std=CL1.2

kernel __attribute__((reqd_work_group_size(64, 1, 1))) void control(
        global const int *restrict a,
        global int4 *restrict out,
        int x,
        uint a_len,
        uint out_len) {
    uint3 global_id = (uint3)(get_global_id(0), get_global_id(1), get_global_id(2));
    uint i = global_id.x;
    int sum;
    int n = -3;
    bool v = x < -3;
    int sum_1 = 0;
    for (;;) {
        int sum_2;
        if (v) {
            sum = sum_1;
            break;
        }
        if (n == 0) {
            sum_2 = sum_1;
            goto next;
        }
        int v_1;
        if (n < 0) {
            v_1 = as_int(0u - as_uint(n));
        } else {
            bool v_2 = x == 0;
            v_1 = v_2 ? 0 : n / (v_2 || (n == INT_MIN && x == -1) ? 1 : x);
        }
        int sum_3 = as_int(as_uint(sum_1) + as_uint(v_1));
        if (sum_3 > 100) {
            sum = sum_3;
            break;
        }
        sum_2 = sum_3;
    next:;
        v = as_uint(x) - as_uint(n) < 2u;
        n = as_int(as_uint(n) + 2u);
        sum_1 = sum_2;
    }
    bool v_3;
    uint v_4;
    uint n_1 = 0u;
    for (;;) {
        if (n_1 >= a_len) {
            v_3 = false;
            v_4 = 0u;
            break;
        }
        if (a[n_1] == x) {
            v_3 = true;
            v_4 = n_1;
            break;
        }
        n_1 = n_1 + 1u;
    }
    if (i < out_len) {
        out[i].x = sum;
        out[i].w = (int)(v_3 ? v_4 : 4294967295u);
    }
}
