// OpenCL C 1.2: -cl-std=CL1.2

#if (defined(cl_khr_subgroups) || defined(__opencl_c_subgroups)) && \
    defined(cl_khr_subgroup_non_uniform_arithmetic) && \
    defined(cl_khr_subgroup_ballot)
#ifdef cl_khr_subgroups
#pragma OPENCL EXTENSION cl_khr_subgroups : enable
#endif
#define subgroup_lane() get_sub_group_local_id()
#define subgroup_mul(x) sub_group_non_uniform_reduce_mul(x)
#define subgroup_ballot(x) sub_group_ballot(x)
#else
#define subgroup_lane() 0u
#define subgroup_mul(x) (x)
#define subgroup_ballot(x) ((uint4)((x) ? 1u : 0u, 0u, 0u, 0u))
#endif

#ifndef VTG_SPEC_2
#define VTG_SPEC_2 0x7u
#endif
#define size ((uint)VTG_SPEC_2)

#ifndef VTG_SPEC_0
#define VTG_SPEC_0 0x3f000000u
#endif
#define spec_xyz as_float((uint)VTG_SPEC_0)

typedef struct {
    float x, y, z;
} float3_packed;

typedef struct {
    float x, y, z, pad;
} float3_padded;

typedef struct {
    float3_padded v[2];
} float3_padded_array2;

typedef struct {
    float3_packed global_1;
    float mass;
    short half_1;
    uchar pad_0[12];
    float3_padded_array2 constant_1;
} Body;

typedef struct {
    int v[5];
} int_array5;

typedef struct {
    int v[4];
} int_array4;

static float3 native_sqrt_1(float3, uint);

// A proc that stays.
static __attribute__((noinline)) float3 native_sqrt_1(float3 v, uint lane) {
    float v_1 = (float)lane;
    return v * (float3)(v_1);
}

kernel __attribute__((reqd_work_group_size(64, 1, 1))) void rotate_1(
        global Body *restrict local_1,
        global uchar *restrict private_1,
        float3_packed constant_1,
        int_array5 int_1,
        uint local_len,
        uint private_len) {
    float3 constant_1_1 = vload3(0, &constant_1.x);
    uint3 global_id = (uint3)(get_global_id(0), get_global_id(1), get_global_id(2));
    uint i = global_id.x;
    int_array4 table = (int_array4){{0, 1, 2, 3}};
    int_array5 v = int_1;
    table.v[i % 4u] = v.v[i % 5u];
    bool v_1 = i < local_len;
    float3 body_global = (float3)(0.0f);
    int body_half = 0;
    float3 local_value = (float3)(0.0f);
    float3 local_value_1 = (float3)(0.0f);
    if (v_1) {
        body_global = vload3(0, &local_1[i].global_1.x);
        body_half = (int)local_1[i].half_1;
        local_value = vload3(0, &local_1[i].constant_1.v[0u].x);
        local_value_1 = vload3(0, &local_1[i].constant_1.v[1u].x);
    }
    float3_padded_array2 v_2 = (float3_padded_array2){{{local_value.x, local_value.y, local_value.z}, {local_value_1.x, local_value_1.y, local_value_1.z}}};
    float3_padded_array2 body_constant = v_2;
    float xyz = spec_xyz;
    float3 v_3 = native_sqrt_1(body_global + constant_1_1 * (float3)(xyz), i);
    float3 body_global_1 = v_3 + vload3(0, &body_constant.v[i % 2u].x);
    int v_4 = as_int(as_uint((int)size) << 16u) >> 16u;
    bool v_5 = v_4 == 0;
    int v_6 = v_5 ? 0 : body_half / (v_5 || (body_half == INT_MIN && v_4 == -1) ? 1 : v_4);
    int body_half_1 = as_int(as_uint(v_6) << 16u) >> 16u;
    float3 v_7 = body_global_1;
    float body_mass = ((float *)&v_7)[i % 3u];
    if (v_1) {
        vstore3(body_global_1, 0, &local_1[i].global_1.x);
        local_1[i].mass = body_mass;
        local_1[i].half_1 = (short)body_half_1;
        vstore3(local_value, 0, &local_1[i].constant_1.v[0u].x);
        vstore3(local_value_1, 0, &local_1[i].constant_1.v[1u].x);
    }
    int left;
    int left_1 = 0;
    for (;;) {
        uint v_8 = as_uint(left_1) + as_uint(table.v[(uint)left_1 % 4u]);
        int left_2 = as_int(v_8);
        int v_9 = left_2;
        if (left_2 % 3 != 0) {
            if (left_2 > 100) {
                left = left_2;
                break;
            }
            int left_3 = as_int(v_8 + 1u);
            v_9 = left_3;
        }
        left_1 = v_9;
    }
    uint v_10 = (((uint)left & 255u) * 3u) & 255u;
    uint v_11 = i + 1u;
    if (i < private_len - min(private_len, 1u)) {
        private_1[i] = (uchar)((v_10 + (uint)private_1[v_11]) & 255u);
    } else {
        uint v_12 = 0u;
        if (v_11 < private_len) {
            v_12 = (uint)private_1[v_11];
        }
        if (i < private_len) {
            private_1[i] = (uchar)((v_10 + v_12) & 255u);
        }
    }
}

kernel __attribute__((reqd_work_group_size(64, 1, 1))) void main_1(
        global float *restrict sums,
        global uint4 *restrict out,
        uint sums_len,
        uint out_len) {
    local float3 tile[4][4];
    uint local_index = (uint)((get_local_id(2) * get_local_size(1) + get_local_id(1)) * get_local_size(0) + get_local_id(0));
    if (local_index < 16u) {
        tile[local_index / 4u][local_index % 4u] = (float3)(0.0f);
    }
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    uint3 global_id = (uint3)(get_global_id(0), get_global_id(1), get_global_id(2));
    uint i = global_id.x;
    tile[local_index / 4u % 4u][local_index % 4u].x = (float)(uint)subgroup_lane();
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    float v = subgroup_mul(tile[0u][0u].y);
    if (sums_len > 0u) {
        float old = as_float(atomic_or((volatile global uint *)&sums[0u], 0));
        float v_1 = old;
        for (;;) {
            float old_1 = as_float(atomic_cmpxchg((volatile global uint *)&sums[0u], as_uint(v_1), as_uint(v_1 + v)));
            if (as_uint(old_1) == as_uint(v_1)) {
                break;
            }
            v_1 = old_1;
        }
    }
    uint4 v_2 = subgroup_ballot(i < 7u);
    if (i < out_len) {
        out[i] = v_2;
    }
}
