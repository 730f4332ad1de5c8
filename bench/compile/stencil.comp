#version 450
layout(local_size_x = 16, local_size_y = 16) in;
layout(std430, binding = 0) readonly buffer Before { float before[]; };
layout(std430, binding = 1) writeonly buffer After { float after[]; };
layout(push_constant) uniform Constants { uint width, height; float factor; };

void main() {
    uint i = gl_GlobalInvocationID.x, j = gl_GlobalInvocationID.y;
    if (i == 0 || j == 0 || i + 1 >= width || j + 1 >= height) {
        return;
    }
    uint at = j * width + i;
    float middle = before[at];
    float around = before[at - 1] + before[at + 1] + before[at - width] + before[at + width];
    after[at] = clamp(middle + factor * (around - 4.0 * middle), 0.0, 1.0);
}
