// OpenCL C 1.2: -cl-std=CL1.2

typedef struct {
    uint v[3];
} uint_array3;

typedef struct {
    float2 v[2];
} float2_columns2;

typedef struct {
    float a;
    uint_array3 b;
    float2_columns2 m;
    uint k;
} P_wide;

static P_wide choose(P_wide, uint);

static float side(float);

static float helper(float);

static __attribute__((noinline)) P_wide choose(P_wide p, uint n) {
    uint_array3 q_b = {0};
    q_b = p.b;
    float2_columns2 q_m = p.m;
    uint q_k = p.k;
    uint v;
    uint v_1;
    uint v_2;
    float2 v_3;
    float2 v_4;
    float q_a = p.a;
    for (;;) {
        uint v_5 = n % 3u;
        uint v_6 = q_b.v[v_5];
        if (v_6 > 100u) {
            uint_array3 v_7 = q_b;
            v = v_7.v[0];
            v_1 = v_7.v[1];
            v_2 = v_7.v[2];
            v_3 = q_m.v[0];
            v_4 = q_m.v[1];
            break;
        }
        q_b.v[v_5] = v_6 + (q_k + 1u);
        q_a = q_a * 1.5f;
    }
    P_wide v_8 = (P_wide){.a = q_a, .b = (uint_array3){{v, v_1, v_2}}, .m = (float2_columns2){{v_3, v_4}}, .k = q_k};
    return v_8;
}

static __attribute__((noinline)) float side(float x) {
    float v;
    if (x > 1.0f) {
        v = x * 2.0f;
    } else {
        float v_1 = helper(x);
        v = v_1 + 1.0f;
    }
    return v;
}

static __attribute__((noinline)) float helper(float x) {
    bool v;
    float v_1;
    uint n = 0u;
    for (;;) {
        if (n >= 10u) {
            v = false;
            v_1 = 0.0f;
            break;
        }
        float v_2 = (float)n;
        if (v_2 > x) {
            v = true;
            v_1 = v_2;
            break;
        }
        n = n + 1u;
    }
    return v ? v_1 : 3.0f;
}

kernel __attribute__((reqd_work_group_size(64, 1, 1))) void main_1(
        global const float *restrict x,
        global float *restrict out,
        uint x_len,
        uint out_len) {
    uint3 global_id = (uint3)(get_global_id(0), get_global_id(1), get_global_id(2));
    uint i = global_id.x;
    float x_value = 0.0f;
    if (i < x_len) {
        x_value = x[i];
    }
    P_wide v = (P_wide){.a = x_value, .b = (uint_array3){{1u, 2u, 3u}}, .m = (float2_columns2){{(float2)(1.0f, 2.0f), (float2)(3.0f, 4.0f)}}, .k = 7u};
    P_wide p = choose(v, i);
    float v_1 = side(x_value);
    if (i < out_len) {
        out[i] = p.a + (float)p.b.v[1] + v_1 + p.m.v[1].x;
    }
}
