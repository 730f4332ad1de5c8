kernel void stencil(global const float *before, global float *after, uint width, uint height, float factor) {
    uint i = get_global_id(0), j = get_global_id(1);
    if (i == 0 || j == 0 || i + 1 >= width || j + 1 >= height) {
        return;
    }
    uint at = j * width + i;
    float middle = before[at];
    float around = before[at - 1] + before[at + 1] + before[at - width] + before[at + width];
    after[at] = clamp(middle + factor * (around - 4.0f * middle), 0.0f, 1.0f);
}
