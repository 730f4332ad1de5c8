#version 450
layout(local_size_x = 16, local_size_y = 16) in;
layout(std430, binding = 0) readonly buffer A { float a[]; };
layout(std430, binding = 1) readonly buffer B { float b[]; };
layout(std430, binding = 2) writeonly buffer C { float c[]; };
layout(push_constant) uniform Constants { uint m, n, inner; };
shared float left[16][16];
shared float right[16][16];

void main() {
    uint i = gl_GlobalInvocationID.x, j = gl_GlobalInvocationID.y;
    uint x = gl_LocalInvocationID.x, y = gl_LocalInvocationID.y;
    float sum = 0.0;
    for (uint first = 0; first < inner; first += 16) {
        left[y][x] = j < m && first + x < inner ? a[j * inner + first + x] : 0.0;
        right[y][x] = i < n && first + y < inner ? b[(first + y) * n + i] : 0.0;
        barrier();
        for (uint k = 0; k < 16; k++) {
            sum += left[y][k] * right[k][x];
        }
        barrier();
    }
    if (i < n && j < m) {
        c[j * n + i] = sum;
    }
}
