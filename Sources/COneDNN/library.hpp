// oneDNN without linking to it. Its C++ header calls the C functions by their plain names from within namespace dnnl. There
// it finds the pointers below before the functions themselves, and `load` fills them in from the shared library. A program
// so runs where the library is missing, and only does without it.
#pragma once

#include <dlfcn.h>

#include <string>

#include "oneapi/dnnl/dnnl.h"

// What the header's inline code calls for what onednn.cpp uses of it. What is missing here, as what a later release's header
// calls may be, the linker takes from the library: the program then needs it in order to start.
#define FC_DNNL_FUNCTIONS(F)                                                                                           \
    F(dnnl_engine_create) F(dnnl_engine_destroy) F(dnnl_get_effective_cpu_isa) F(dnnl_memory_destroy)                  \
    F(dnnl_memory_get_engine) F(dnnl_memory_get_memory_desc) F(dnnl_memory_desc_equal) F(dnnl_memory_desc_get_size)    \
    F(dnnl_post_ops_append_eltwise) F(dnnl_post_ops_create) F(dnnl_post_ops_destroy) F(dnnl_primitive_attr_create)     \
    F(dnnl_primitive_attr_destroy) F(dnnl_primitive_attr_set_post_ops) F(dnnl_primitive_attr_set_scratchpad_mode)      \
    F(dnnl_primitive_create) F(dnnl_primitive_destroy) F(dnnl_primitive_execute) F(dnnl_primitive_desc_destroy)        \
    F(dnnl_primitive_desc_query_md) F(dnnl_reorder_primitive_desc_create) F(dnnl_set_primitive_cache_capacity)         \
    F(dnnl_stream_create) F(dnnl_stream_destroy) F(dnnl_version) F(dnnl_memory_create) FC_DNNL_RELEASE_FUNCTIONS(F)

#if DNNL_VERSION_MAJOR >= 3
#define FC_DNNL_RELEASE_FUNCTIONS(F)                                                                                   \
    F(dnnl_convolution_forward_primitive_desc_create) F(dnnl_convolution_backward_data_primitive_desc_create)          \
    F(dnnl_convolution_backward_weights_primitive_desc_create) F(dnnl_matmul_primitive_desc_create)                    \
    F(dnnl_memory_desc_create_with_tag) F(dnnl_memory_desc_clone) F(dnnl_memory_desc_destroy)                          \
    F(dnnl_memory_desc_query) F(dnnl_memory_set_data_handle)
#else
#define FC_DNNL_RELEASE_FUNCTIONS(F)                                                                                   \
    F(dnnl_convolution_forward_desc_init) F(dnnl_convolution_backward_data_desc_init)                                  \
    F(dnnl_convolution_backward_weights_desc_init) F(dnnl_matmul_desc_init) F(dnnl_memory_desc_init_by_tag)            \
    F(dnnl_memory_set_data_handle_v2) F(dnnl_primitive_desc_iterator_create)                                           \
    F(dnnl_primitive_desc_iterator_destroy) F(dnnl_primitive_desc_iterator_fetch)
#endif

namespace dnnl {

#define FC_POINTER(name) static decltype(&::name) name;
FC_DNNL_FUNCTIONS(FC_POINTER)
#undef FC_POINTER

inline std::string file() { return "libdnnl.so." + std::to_string(DNNL_VERSION_MAJOR); }

// The library of the release that this was compiled for, loaded at the first call; NULL where there is none. It is global,
// because fc_run_openmp looks for the OpenMP that comes with it.
inline void *library() {
    static void *const handle = [] {
        void *loaded = dlopen(file().c_str(), RTLD_NOW | RTLD_GLOBAL);
        bool whole = loaded != nullptr;
#define FC_FIND(name) whole = whole && (name = reinterpret_cast<decltype(name)>(dlsym(loaded, #name)));
        FC_DNNL_FUNCTIONS(FC_FIND)
#undef FC_FIND
        return whole ? loaded : nullptr;
    }();
    return handle;
}

}  // namespace dnnl

#include "dnnl.hpp"
