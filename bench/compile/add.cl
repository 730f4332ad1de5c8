kernel void add(global const float *a, global const float *b, global float *result, uint n) {
    uint i = get_global_id(0);
    if (i < n) {
        result[i] = a[i] + b[i];
    }
}
