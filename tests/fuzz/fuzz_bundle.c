/* Bundles: whatever the bytes are, the reader says so or reads them; as they came, and with hashes that were put right, so
 * that more than their hashes is looked at. Kernels are made on the null device. */
#include <stdint.h>
#include <stdlib.h>

#include "tests/fuzz/bundle_walk.h"

static VtgInstance *instance;
static VtgDevice *device;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    VtgInstanceDesc desc = VTG_INSTANCE_DESC_INIT;
    desc.api = "null";
    if (vtg_instance_create(&desc, &instance) != VTG_OK ||
        vtg_device_create(instance, NULL, &device) != VTG_OK) {
        abort();
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    unsigned char *bytes = malloc(size + (size == 0)); /* aligned, and nothing behind its end */
    if (bytes == NULL) {
        return -1;
    }
    memcpy(bytes, data, size);
    bool fine = walk_view(bytes, size);
    if (walk_runtime(instance, device, bytes, size) > 0 && size < VGPU_HEAD_BYTES) {
        abort(); /* kernels out of nothing */
    }
    walk_repair(bytes, size);
    if (fine && !walk_view(bytes, size)) {
        abort(); /* what was right is right with the hashes that it has */
    }
    walk_view(bytes, size);
    walk_runtime(instance, device, bytes, size);
    walk_dispatches(instance, device, bytes, size);
    free(bytes);
    return 0;
}
