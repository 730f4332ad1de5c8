#include <metal_stdlib>
#include <simd/simd.h>

using namespace metal;

struct buffer_f32
{
    float data[1];
};

struct saxpy_values
{
    float a;
};

kernel void saxpy(constant uint* spvBufferSizeConstants [[buffer(3)]], const device buffer_f32& __restrict x [[buffer(0)]], volatile device buffer_f32& __restrict y [[buffer(1)]], constant saxpy_values& values [[buffer(2)]], uint3 gl_GlobalInvocationID [[thread_position_in_grid]])
{
    constant uint& xBufferSize = spvBufferSizeConstants[0];
    constant uint& yBufferSize = spvBufferSizeConstants[1];
    uint _20 = (xBufferSize - 0) / 4;
    uint _21 = (yBufferSize - 0) / 4;
    if (gl_GlobalInvocationID.x < min(_20, _21))
    {
        y.data[gl_GlobalInvocationID.x] = (values.a * x.data[gl_GlobalInvocationID.x]) + y.data[gl_GlobalInvocationID.x];
    }
    else
    {
        float _48;
        if (gl_GlobalInvocationID.x < _20)
        {
            _48 = x.data[gl_GlobalInvocationID.x];
        }
        else
        {
            _48 = 0.0;
        }
        bool _50 = gl_GlobalInvocationID.x < _21;
        float _55;
        if (_50)
        {
            _55 = y.data[gl_GlobalInvocationID.x];
        }
        else
        {
            _55 = 0.0;
        }
        if (_50)
        {
            y.data[gl_GlobalInvocationID.x] = (values.a * _48) + _55;
        }
    }
}

