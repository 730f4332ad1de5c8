enable f16;

struct Values {
    override_1: vec3<f32>,
    f16_1: f16,
}

struct Self_1 {
    array_1: array<f32, 2>,
    fn_1: u32,
    m: array<vec2<f32>, 2>,
}

@group(0) @binding(0) var<storage, read> vec3_1: array<Self_1>;
@group(0) @binding(1) var<storage, read_write> target_1: array<f32>;
@group(0) @binding(2) var<uniform> values: Values;

@group(0) @binding(0) var<storage, read_write> target_2: array<f32>;

var<private> infinity_bits = 0x7f800000u;

// Two lines
// of documentation.
@compute @workgroup_size(64)
fn move_1(@builtin(global_invocation_id) global_id: vec3<u32>) {
    let target_len = arrayLength(&vec3_1);
    let target_1_len = arrayLength(&target_1);
    let i = global_id.x;
    let _x = values.override_1.x;
    let v = i < target_len;
    var vec3_value = 0.0;
    if (v) {
        vec3_value = vec3_1[i].array_1[0];
    }
    var loop_1 = 0u;
    var filter_1 = vec3_value + _x;
    loop {
        if (loop_1 >= target_len) {
            break;
        }
        let filter_2 = filter_1 * 2.0;
        continuing {
            filter_1 = filter_2 + f32(loop_1) + f32(values.f16_1);
            loop_1 = loop_1 + 1u;
        }
    }
    if (i < min(target_len, target_1_len)) {
        target_1[i] = vec3_1[i].m[1].x + filter_1;
    } else {
        var vec3_value_1 = vec2<f32>(0.0);
        if (v) {
            vec3_value_1 = vec3_1[i].m[1];
        }
        if (i < target_1_len) {
            target_1[i] = vec3_value_1.x + filter_1;
        }
    }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) global_id: vec3<u32>) {
    let i = global_id.x;
    var v = array<f32, 4>(1.0, 2.0, -0.0, 3.4028234663852886e+38);
    let v_1 = v[i % 4u] + bitcast<f32>(infinity_bits);
    if (i < arrayLength(&target_2)) {
        target_2[i] = v_1;
    }
}
