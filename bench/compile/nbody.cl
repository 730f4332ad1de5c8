__attribute__((reqd_work_group_size(256, 1, 1)))
kernel void nbody(global const float4 *bodies, global float4 *result, float softening, uint n) {
    local float4 tile[256];
    uint i = get_global_id(0), local_index = get_local_id(0);
    float3 own = i < n ? bodies[i].xyz : (float3)(0.0f);
    float3 pull = (float3)(0.0f);
    for (uint start = 0; start < n; start += 256) {
        uint at = start + local_index;
        tile[local_index] = at < n ? bodies[at] : (float4)(0.0f);
        barrier(CLK_LOCAL_MEM_FENCE);
        for (uint k = 0; k < 256; k++) {
            float4 other = tile[k];
            float3 d = other.xyz - own;
            float inverse = rsqrt(dot(d, d) + softening);
            pull += d * (other.w * inverse * inverse * inverse);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (i < n) {
        result[i] = (float4)(pull, 0.0f);
    }
}
