// OpenCL C 1.2: -cl-std=CL1.2

// invocations of a workgroup
#ifndef VTG_SPEC_0
#define VTG_SPEC_0 0x40u
#endif
#define BLOCK ((uint)VTG_SPEC_0)

#ifndef VTG_SPEC_3
#define VTG_SPEC_3 0x3fc00000u
#endif
#define SCALE as_float((uint)VTG_SPEC_3)

#ifndef VTG_SPEC_4
#define VTG_SPEC_4 0x1u
#endif
#define SHARE (VTG_SPEC_4 != 0)

#ifndef VTG_SPEC_7
#define VTG_SPEC_7 0x80000000u
#endif
#define BIAS as_int((uint)VTG_SPEC_7)

kernel __attribute__((reqd_work_group_size(BLOCK, 2, 1))) void main_1(
        global const float *restrict x,
        global float *restrict out,
        uint x_len,
        uint out_len) {
    local float part[BLOCK];
    uint local_index = (uint)((get_local_id(2) * get_local_size(1) + get_local_id(1)) * get_local_size(0) + get_local_id(0));
    uint3 group_size = (uint3)(get_local_size(0), get_local_size(1), get_local_size(2));
    uint v = group_size.x;
    uint v_1 = v * group_size.y * group_size.z;
    uint v_2 = local_index;
    for (;;) {
        if (v_2 >= BLOCK) {
            break;
        }
        part[v_2] = 0.0f;
        v_2 = v_2 + v_1;
    }
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    uint3 global_id = (uint3)(get_global_id(0), get_global_id(1), get_global_id(2));
    uint i = global_id.x;
    bool v_3 = BLOCK == 0u;
    uint v_4 = v_3 ? 1u : BLOCK;
    uint v_5 = local_index % v_4;
    float x_value = 0.0f;
    if (i < x_len) {
        x_value = x[i];
    }
    if (v_5 < BLOCK) {
        part[v_5] = x_value * SCALE;
    }
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    if (SHARE) {
        uint v_6 = BLOCK - 1u;
        uint v_7 = v_6 - v_5;
        float v_8 = (v_7 < BLOCK ? part[min(v_7, v_6)] : 0.0f) + (float)(BIAS / 2) + (float)as_int(as_uint(BIAS) * 1000000u);
        if (i < out_len) {
            out[i] = v_8;
        }
    }
    if (out_len > 0u) {
        out[0u] = (float)((v_3 ? 0u : v / v_4) + (v_3 ? 0u : 1u / v_4));
    }
}
