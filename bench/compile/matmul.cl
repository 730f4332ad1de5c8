__attribute__((reqd_work_group_size(16, 16, 1)))
kernel void matmul(global const float *a, global const float *b, global float *c, uint m, uint n, uint inner) {
    local float left[16][16];
    local float right[16][16];
    uint i = get_global_id(0), j = get_global_id(1);
    uint x = get_local_id(0), y = get_local_id(1);
    float sum = 0.0f;
    for (uint first = 0; first < inner; first += 16) {
        left[y][x] = j < m && first + x < inner ? a[j * inner + first + x] : 0.0f;
        right[y][x] = i < n && first + y < inner ? b[(first + y) * n + i] : 0.0f;
        barrier(CLK_LOCAL_MEM_FENCE);
        for (uint k = 0; k < 16; k++) {
            sum += left[y][k] * right[k][x];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (i < n && j < m) {
        c[j * n + i] = sum;
    }
}
