#version 450
layout(local_size_x = 256) in;
layout(std430, binding = 0) readonly buffer Bodies { vec4 bodies[]; };
layout(std430, binding = 1) writeonly buffer Out { vec4 result[]; };
layout(push_constant) uniform Constants { float softening; };
shared vec4 tile[256];

void main() {
    uint i = gl_GlobalInvocationID.x, local_index = gl_LocalInvocationIndex, n = bodies.length();
    vec3 own = i < n ? bodies[i].xyz : vec3(0.0);
    vec3 pull = vec3(0.0);
    for (uint start = 0; start < n; start += 256) {
        uint at = start + local_index;
        tile[local_index] = at < n ? bodies[at] : vec4(0.0);
        barrier();
        for (uint k = 0; k < 256; k++) {
            vec4 other = tile[k];
            vec3 d = other.xyz - own;
            float inverse = inversesqrt(dot(d, d) + softening);
            pull += d * (other.w * inverse * inverse * inverse);
        }
        barrier();
    }
    if (i < result.length()) {
        result[i] = vec4(pull, 0.0);
    }
}
