/* rt_cache.c: compiled code that drivers want to see again, in one file for each device and driver.
 *
 * The file's name is a hash of what must be the same for its content to be of use; its header has that again, the size
 * and a hash of the content, so that a file that is cut off, changed or another's is as good as none. Files are replaced
 * whole, by rename, so processes do not see each other's halves. Nothing here is an error: without a cache things take
 * longer. */
#include "rt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY_VARIABLE "VTG_CACHE_DIR"
#define CACHE_VERSION 1
#define CACHE_MOST_BYTES ((uint64_t)64 << 20)

typedef struct Header {
    char magic[8];
    uint32_t version;
    uint32_t reserved;
    uint64_t key, size, hash;
} Header;

static const char magic[8] = {'V', 'T', 'G', 'C', 'A', 'C', 'H', 'E'};

/* FNV-1a */
uint64_t rt_hash(uint64_t hash, const void *data, size_t size) {
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint64_t hash_text(uint64_t hash, const char *text) {
    return text ? rt_hash(hash, text, strlen(text) + 1) : hash;
}

static uint64_t key_of(const VtgDevice *device, const void *more, size_t more_size) {
    const VtgDeviceInfo *info = &device->adapter->info;
    uint64_t key = rt_hash(RT_HASH_START, more, more_size);
    key = hash_text(key, info->api);
    key = hash_text(key, info->name);
    key = hash_text(key, info->driver);
    key = hash_text(key, info->driver_version);
    key = rt_hash(key, &info->vendor_id, sizeof info->vendor_id);
    key = rt_hash(key, &info->device_id, sizeof info->device_id);
    return rt_hash(key, info->uuid, sizeof info->uuid);
}

/* The folder: the device's, the environment's, the user's; "" is none. False: it does not fit, or there is none. */
static bool folder_of(const VtgDevice *device, char *path, size_t room) {
    const char *given = device->cache_dir ? device->cache_dir : getenv(DIRECTORY_VARIABLE);
    const char *user = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length = 0;
    if (given) {
        length = snprintf(path, room, "%s", given);
    } else if (user && user[0] == '/') {
        length = snprintf(path, room, "%s/vitte-gpu", user);
    } else if (home && home[0] == '/') {
        length = snprintf(path, room, "%s/.cache/vitte-gpu", home);
    }
    return length > 0 && (size_t)length < room;
}

enum { PATH_ROOM = 1024, NAME_ROOM = 80 };

static bool path_of(const VtgDevice *device, uint64_t key, char path[PATH_ROOM]) {
    if (!folder_of(device, path, PATH_ROOM - NAME_ROOM)) {
        return false;
    }
    size_t length = strlen(path);
    snprintf(path + length, PATH_ROOM - length, "/%s-%016llx.cache", device->api->name,
             (unsigned long long)key);
    return true;
}

static bool read_whole(int file, void *data, size_t size) {
    char *at = data;
    while (size != 0) {
        ssize_t got = read(file, at, size);
        if (got <= 0 && !(got < 0 && errno == EINTR)) {
            return false;
        }
        at += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool write_whole(int file, const void *data, size_t size) {
    const char *at = data;
    while (size != 0) {
        ssize_t put = write(file, at, size);
        if (put <= 0 && !(put < 0 && errno == EINTR)) {
            return false;
        }
        at += put > 0 ? put : 0;
        size -= put > 0 ? (size_t)put : 0;
    }
    return true;
}

/* The content of an open file, or NULL. */
static void *content_of(const VtgInstance *instance, int file, uint64_t key, size_t *size) {
    Header header;
    struct stat stat;
    if (fstat(file, &stat) != 0 || !S_ISREG(stat.st_mode) ||
        !read_whole(file, &header, sizeof header) ||
        memcmp(header.magic, magic, sizeof magic) != 0 || header.version != CACHE_VERSION ||
        header.key != key || header.size == 0 || header.size > CACHE_MOST_BYTES ||
        (uint64_t)stat.st_size != sizeof header + header.size) {
        return NULL;
    }
    void *data = rt_alloc(instance, (size_t)header.size);
    if (data && (!read_whole(file, data, (size_t)header.size) ||
                 rt_hash(RT_HASH_START, data, (size_t)header.size) != header.hash)) {
        rt_free(instance, data, (size_t)header.size);
        data = NULL;
    }
    *size = data ? (size_t)header.size : 0;
    return data;
}

void *rt_cache_read(const VtgDevice *device, const void *more, size_t more_size, size_t *size) {
    char path[PATH_ROOM];
    uint64_t key = key_of(device, more, more_size);
    *size = 0;
    int file = path_of(device, key, path) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (file < 0) {
        return NULL;
    }
    void *data = content_of(device->instance, file, key, size);
    if (!data) {
        rt_log(device->instance, VTG_LOG_INFO, "%s: not used: it is damaged or too old", path);
    }
    close(file);
    return data;
}

/* Makes the folder that a file lies in, and those above it. */
static void make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

void rt_cache_write(const VtgDevice *device, const void *more, size_t more_size, const void *data,
                    size_t size) {
    char path[PATH_ROOM], part[PATH_ROOM + 32];
    Header header = {
        .version = CACHE_VERSION, .key = key_of(device, more, more_size), .size = size};
    if (size == 0 || size > CACHE_MOST_BYTES || !path_of(device, header.key, path)) {
        return;
    }
    memcpy(header.magic, magic, sizeof magic);
    header.hash = rt_hash(RT_HASH_START, data, size);
    make_folders(path);
    /* Two devices of one process have different addresses. */
    snprintf(part, sizeof part, "%s.%lx.%lx", path, (long)getpid(),
             (unsigned long)(uintptr_t)device);
    int file = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return;
    }
    bool whole = write_whole(file, &header, sizeof header) && write_whole(file, data, size);
    whole = close(file) == 0 && whole;
    if (!whole || rename(part, path) != 0) {
        unlink(part);
    }
}
