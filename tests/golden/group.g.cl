// OpenCL C 1.2: -cl-std=CL1.2

#if (defined(cl_khr_subgroups) || defined(__opencl_c_subgroups)) && \
    defined(cl_khr_subgroup_shuffle) && \
    defined(cl_khr_subgroup_shuffle_relative)
#ifdef cl_khr_subgroups
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
#endif
#define subgroup_add(x) sub_group_reduce_add(x)
#define subgroup_shuffle_xor(x, mask) sub_group_shuffle_xor(x, mask)
#define subgroup_shuffle_up(x, delta) sub_group_shuffle_up(x, delta)
#else
#define subgroup_add(x) (x)
#define subgroup_shuffle_xor(x, mask) (x)
#define subgroup_shuffle_up(x, delta) (x)
#endif

// Sums of the workgroups, and a histogram of the values.
kernel __attribute__((reqd_work_group_size(32, 2, 1))) void sums(
        global const float *restrict x,
        global float *restrict total,
        global uint *restrict counts,
        global float *restrict out,
        uint x_len,
        uint total_len,
        uint counts_len,
        uint out_len) {
    // tests/golden/group.vt:6
    local float part[64];
    // tests/golden/group.vt:7
    local int first;
    // tests/golden/group.vt:5
    uint local_index = (uint)((get_local_id(2) * get_local_size(1) + get_local_id(1)) * get_local_size(0) + get_local_id(0));
    part[local_index] = 0.0f;
    if (local_index < 1u) {
        atomic_xchg(&first, 0);
    }
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    uint3 global_id = (uint3)(get_global_id(0), get_global_id(1), get_global_id(2));
    uint i = global_id.x;
    uint local_index_1 = (uint)((get_local_id(2) * get_local_size(1) + get_local_id(1)) * get_local_size(0) + get_local_id(0));
    // tests/golden/group.vt:8
    float x_value = 0.0f;
    if (i < x_len) {
        x_value = x[i];
    }
    part[local_index_1] = x_value;
    // tests/golden/group.vt:9
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    // tests/golden/group.vt:10
    uint width = 32u;
    // tests/golden/group.vt:11
    for (;;) {
        if (width <= 0u) {
            break;
        }
        // tests/golden/group.vt:12
        if (local_index_1 < width) {
            // tests/golden/group.vt:13
            uint v = local_index_1 + width;
            part[local_index_1] = part[local_index_1] + (v < 64u ? part[min(v, 63u)] : 0.0f);
        }
        // tests/golden/group.vt:15
        barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
        // tests/golden/group.vt:16
        width = width / 2u;
    }
    // tests/golden/group.vt:18
    if (local_index_1 == 0u) {
        // tests/golden/group.vt:19
        float v_1 = part[0u];
        if (total_len > 0u) {
            float old = as_float(atomic_or((volatile global uint *)&total[0u], 0));
            float v_2 = old;
            for (;;) {
                float old_1 = as_float(atomic_cmpxchg((volatile global uint *)&total[0u], as_uint(v_2), as_uint(v_2 + v_1)));
                if (as_uint(old_1) == as_uint(v_2)) {
                    break;
                }
                v_2 = old_1;
            }
        }
    }
    // tests/golden/group.vt:21
    float x_value_1 = 0.0f;
    if (i < x_len) {
        x_value_1 = x[i];
    }
    float v_3 = x_value_1 * 16.0f;
    uint bin = v_3 >= 4.2949673e+09f ? 4294967295u : (uint)(v_3 >= 0.0f && v_3 < 4.2949673e+09f ? v_3 : 0.0f);
    // tests/golden/group.vt:22
    if (bin < counts_len) {
        atomic_add(&counts[bin], 1u);
    }
    // tests/golden/group.vt:23
    uint old_2 = 0u;
    if (bin < counts_len) {
        uint old_3 = atomic_cmpxchg(&counts[bin], 1u, 100u);
        old_2 = old_3;
    }
    // tests/golden/group.vt:24
    atomic_max(&first, (int)old_2);
    // tests/golden/group.vt:25
    float x_value_2 = 0.0f;
    if (i < x_len) {
        x_value_2 = x[i];
    }
    float sum = subgroup_add(x_value_2);
    // tests/golden/group.vt:26
    float v_4 = subgroup_shuffle_xor(sum, 1u);
    float v_5 = subgroup_shuffle_up(sum, 2u);
    int old_4 = atomic_or(&first, 0);
    if (i < out_len) {
        out[i] = sum + v_4 + v_5 + (float)old_4;
    }
}
