// Validates WGSL by Tint: node wgsl_check.mjs path/of/webgpu/index.js < list of files
//
// Each file is compiled, and a pipeline is made of each of its entry points, on Dawn's null backend. Prints a line of JSON
// for each file: {"file", "errors": ["line:column: text"]}.
import fs from 'node:fs';
import path from 'node:path';

const { create, globals } = await import(path.resolve(process.argv[2]));
Object.assign(globalThis, globals);
const gpu = create(['backend=null']); // kept: what it made waits for ever once it is collected
const adapter = await gpu.requestAdapter();
const limits = {};
for (const name of ['maxStorageBuffersPerShaderStage', 'maxComputeInvocationsPerWorkgroup', 'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY', 'maxComputeWorkgroupSizeZ', 'maxComputeWorkgroupStorageSize']) {
  limits[name] = adapter.limits[name];
}
const device = await adapter.requestDevice({ requiredFeatures: ['shader-f16', 'subgroups'], requiredLimits: limits });
device.addEventListener('uncapturederror', () => {});

for (const file of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const code = fs.readFileSync(file, 'utf8');
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code });
  const messages = (await module.getCompilationInfo()).messages;
  await device.popErrorScope();
  const errors = messages.filter(m => m.type === 'error').map(m => `${m.lineNum}:${m.linePos}: ${m.message}`);
  const entries = [...code.matchAll(/^@compute .*\nfn (\w+)\(/gm)].map(match => match[1]);
  if (entries.length === 0) errors.push('no entry point');
  for (const entryPoint of errors.length ? [] : entries) {
    try {
      await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint } });
    } catch (error) {
      // how many buffers a stage may have is the device's affair
      if (!/exceeds the maximum per-stage limit/.test(error.message)) errors.push(`${entryPoint}: ${error.message}`);
    }
  }
  console.log(JSON.stringify({ file, errors }));
}
process.exit(gpu ? 0 : 1); // Dawn's threads would keep it
