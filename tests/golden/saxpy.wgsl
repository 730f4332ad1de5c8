struct Values {
    a: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> values: Values;

// y = a * x + y
@compute @workgroup_size(64)
fn saxpy(@builtin(global_invocation_id) global_id: vec3<u32>) {
    let x_len = arrayLength(&x);
    let y_len = arrayLength(&y);
    let i = global_id.x;
    if (i < min(x_len, y_len)) {
        y[i] = values.a * x[i] + y[i];
    } else {
        var x_value = 0.0;
        if (i < x_len) {
            x_value = x[i];
        }
        let v = i < y_len;
        var y_value = 0.0;
        if (v) {
            y_value = y[i];
        }
        if (v) {
            y[i] = values.a * x_value + y_value;
        }
    }
}
