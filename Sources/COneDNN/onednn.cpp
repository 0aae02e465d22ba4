#include "COneDNN.h"

#ifdef FC_HAS_ONEDNN

#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "library.hpp"

using dnnl::memory;
using Tag = memory::format_tag;
using Dims = memory::dims;

namespace {

memory::data_type data_type(fc_dnn_type type) {
    return type == FC_DNN_BF16 ? memory::data_type::bf16 : memory::data_type::f32;
}

// What a primitive is made for; unused numbers are 0.
enum class Kind : long { forward, input_gradient, weight_gradient, product };
struct Key {
    std::array<long, 18> numbers{};
    bool operator<(const Key &other) const { return numbers < other.numbers; }
};

// A reorder between a dense float32 layout and the one that a primitive chose for its weights.
struct Reorder {
    dnnl::reorder primitive;
    memory dense, chosen;
};

// A primitive, its arguments without data, and a reorder of the weights where their layouts differ.
struct Operation {
    dnnl::primitive primitive;
    std::unordered_map<int, memory> arguments;
    int weights_argument = 0;
    bool reorders = false;
    Reorder reorder;
};

// OpenMP keeps the number of threads per calling thread, so it is set before every call.
void set_team_size(int threads) {
    using Setter = void (*)(int);
    static const Setter setter = reinterpret_cast<Setter>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
    if (setter) setter(threads);
}

// oneDNN 2.6 describes a convolution with the help of a variable of the process, which is 1 for float32 and 2 for bfloat16
// (`last_ic_block_size`; github.com/openvinotoolkit/oneDNN/pull/167). Contexts that describe convolutions at the same time may
// get primitives that read beyond their weights. So one context at a time makes its primitives.
std::mutex making;

// An instruction set's number holds the bits of those it extends.
bool may_use(dnnl_cpu_isa_t isa) {
    return dnnl::library() && (dnnl::dnnl_get_effective_cpu_isa() & isa) == isa;
}

}  // namespace

struct fc_dnn {
    int threads;
    std::mutex mutex;
    std::string error;
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    std::map<Key, std::unique_ptr<Operation>> operations;
    std::unique_ptr<char, decltype(&std::free)> scratchpad{nullptr, &std::free};
    size_t scratchpad_size = 0;

    explicit fc_dnn(int threads) : threads(threads) {}

    void reserve(size_t size) {
        if (size <= scratchpad_size) return;
        size_t rounded = (size + 4095) / 4096 * 4096;
        scratchpad.reset(static_cast<char *>(std::aligned_alloc(4096, rounded)));
        if (!scratchpad) throw std::bad_alloc();
        scratchpad_size = rounded;
    }

    // Runs `body` with what every entry needs around it: the lock, the team size, no exception.
    template <typename Body>
    int guarded(Body body) {
        std::lock_guard<std::mutex> lock(mutex);
        set_team_size(threads);
        try {
            body();
            return 0;
        } catch (const std::exception &e) {
            error = e.what();
            return -1;
        }
    }

    template <typename Make>
    Operation &find(const Key &key, Make make) {
        auto &slot = operations[key];
        if (!slot) {
            std::lock_guard<std::mutex> lock(making);
            slot = make();
        }
        return *slot;
    }

    void run(Operation &operation) {
        auto scratch = operation.arguments.find(DNNL_ARG_SCRATCHPAD);
        reserve(scratch->second.get_desc().get_size());
        scratch->second.set_data_handle(scratchpad.get());
        operation.primitive.execute(stream, operation.arguments);
    }

    // Brings `weights` into the layout of the operation.
    void load_weights(Operation &operation, const float *weights) {
        void *data = const_cast<float *>(weights);
        if (!operation.reorders) {
            operation.arguments.at(operation.weights_argument).set_data_handle(data);
            return;
        }
        operation.reorder.dense.set_data_handle(data);
        operation.reorder.primitive.execute(stream, operation.reorder.dense, operation.reorder.chosen);
    }
};

namespace {

void bind(Operation &operation, int argument, const void *data) {
    operation.arguments.at(argument).set_data_handle(const_cast<void *>(data));
}

memory unbound(const dnnl::engine &engine, const memory::desc &desc) { return memory(desc, engine, nullptr); }

dnnl::primitive_attr attributes(bool activate, float slope) {
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (activate) {
        dnnl::post_ops post;
#if DNNL_VERSION_MAJOR >= 3
        post.append_eltwise(dnnl::algorithm::eltwise_relu, slope, 0.0f);
#else
        post.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, slope, 0.0f);
#endif
        attr.set_post_ops(post);
    }
    return attr;
}

// The memory descriptions of a convolution; the library chooses the layout of the weights.
struct Descriptions {
    memory::desc x, weights, bias, y;
    Dims strides, padding;
    Dims weight_dims;

    Descriptions(const fc_dnn_shape &s, fc_dnn_type x_type, fc_dnn_type weight_type, bool has_bias, fc_dnn_type y_type)
        : x({s.n, s.c, s.h, s.w}, data_type(x_type), Tag::nhwc),
          weights({s.o, s.c, s.kh, s.kw}, data_type(weight_type), Tag::any),
          y({s.n, s.o, s.oh, s.ow}, data_type(y_type), Tag::nhwc),
          strides{s.stride, s.stride},
          padding{s.padding, s.padding},
          weight_dims{s.o, s.c, s.kh, s.kw} {
        if (has_bias) bias = memory::desc({s.o}, memory::data_type::f32, Tag::x);
    }
};

dnnl::convolution_forward::primitive_desc forward_description(const dnnl::engine &engine, const Descriptions &d,
                                                              const dnnl::primitive_attr &attr) {
    auto kind = dnnl::prop_kind::forward_training;
    auto algorithm = dnnl::algorithm::convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
    return {engine, kind, algorithm, d.x, d.weights, d.bias, d.y, d.strides, d.padding, d.padding, attr};
#else
    dnnl::convolution_forward::desc desc =
        d.bias.is_zero()
            ? dnnl::convolution_forward::desc(kind, algorithm, d.x, d.weights, d.y, d.strides, d.padding, d.padding)
            : dnnl::convolution_forward::desc(kind, algorithm, d.x, d.weights, d.bias, d.y, d.strides, d.padding,
                                              d.padding);
    return {desc, attr, engine};
#endif
}

dnnl::convolution_backward_data::primitive_desc input_gradient_description(const dnnl::engine &engine,
                                                                           const Descriptions &d) {
    auto algorithm = dnnl::algorithm::convolution_direct;
    auto hint = forward_description(engine, d, dnnl::primitive_attr());
#if DNNL_VERSION_MAJOR >= 3
    return {engine, algorithm, d.x, d.weights, d.y, d.strides, d.padding, d.padding, hint, attributes(false, 0)};
#else
    return {{algorithm, d.x, d.weights, d.y, d.strides, d.padding, d.padding}, attributes(false, 0), engine, hint};
#endif
}

dnnl::convolution_backward_weights::primitive_desc weight_gradient_description(const dnnl::engine &engine,
                                                                               const Descriptions &d,
                                                                               const Descriptions &forward) {
    auto algorithm = dnnl::algorithm::convolution_direct;
    auto hint = forward_description(engine, forward, dnnl::primitive_attr());
#if DNNL_VERSION_MAJOR >= 3
    return {engine, algorithm, d.x, d.weights, d.y, d.strides, d.padding, d.padding, hint, attributes(false, 0)};
#else
    return {{algorithm, d.x, d.weights, d.y, d.strides, d.padding, d.padding}, attributes(false, 0), engine, hint};
#endif
}

// Adds the weights' argument; `from_dense` tells the direction in which they are reordered.
void add_weights(Operation &operation, const dnnl::engine &engine, const Dims &dims, const memory::desc &chosen,
                 int argument, bool from_dense) {
    memory::desc dense(dims, memory::data_type::f32, Tag::hwio);
    operation.weights_argument = argument;
    operation.reorders = chosen != dense;
    if (!operation.reorders) {
        operation.arguments.emplace(argument, unbound(engine, dense));
        return;
    }
    memory inner(chosen, engine);
    operation.reorder.dense = unbound(engine, dense);
    operation.reorder.chosen = inner;
    operation.reorder.primitive = from_dense ? dnnl::reorder(operation.reorder.dense, inner)
                                             : dnnl::reorder(inner, operation.reorder.dense);
    operation.arguments.emplace(argument, inner);
}

Key convolution_key(Kind kind, const fc_dnn_shape &s, fc_dnn_type x, fc_dnn_type y, bool bias, bool activate,
                    float slope) {
    // The slope is part of the primitive, so its bits are part of the key.
    int bits = 0;
    if (activate) __builtin_memcpy(&bits, &slope, sizeof bits);
    return {{static_cast<long>(kind), s.n, s.h, s.w, s.c, s.o, s.kh, s.kw, s.stride, s.padding, s.oh, s.ow, x, y, bias,
             activate, bits}};
}

std::unique_ptr<Operation> make_forward(fc_dnn *c, const fc_dnn_shape &s, fc_dnn_type x_type, bool bias, bool activate,
                                        float slope, fc_dnn_type y_type) {
    auto operation = std::make_unique<Operation>();
    Descriptions d(s, x_type, x_type, bias, y_type);
    auto description = forward_description(c->engine, d, attributes(activate, slope));
    operation->primitive = dnnl::convolution_forward(description);
    add_weights(*operation, c->engine, d.weight_dims, description.weights_desc(), DNNL_ARG_WEIGHTS, true);
    operation->arguments.emplace(DNNL_ARG_SRC, unbound(c->engine, d.x));
    operation->arguments.emplace(DNNL_ARG_DST, unbound(c->engine, d.y));
    operation->arguments.emplace(DNNL_ARG_SCRATCHPAD, unbound(c->engine, description.scratchpad_desc()));
    if (bias) operation->arguments.emplace(DNNL_ARG_BIAS, unbound(c->engine, d.bias));
    return operation;
}

std::unique_ptr<Operation> make_input_gradient(fc_dnn *c, const fc_dnn_shape &s, fc_dnn_type type) {
    auto operation = std::make_unique<Operation>();
    Descriptions d(s, type, type, false, type);
    auto description = input_gradient_description(c->engine, d);
    operation->primitive = dnnl::convolution_backward_data(description);
    add_weights(*operation, c->engine, d.weight_dims, description.weights_desc(), DNNL_ARG_WEIGHTS, true);
    operation->arguments.emplace(DNNL_ARG_DIFF_DST, unbound(c->engine, d.y));
    operation->arguments.emplace(DNNL_ARG_DIFF_SRC, unbound(c->engine, d.x));
    operation->arguments.emplace(DNNL_ARG_SCRATCHPAD, unbound(c->engine, description.scratchpad_desc()));
    return operation;
}

std::unique_ptr<Operation> make_weight_gradient(fc_dnn *c, const fc_dnn_shape &s, fc_dnn_type type) {
    auto operation = std::make_unique<Operation>();
    Descriptions d(s, type, FC_DNN_F32, false, type), forward(s, type, type, false, type);
    auto description = weight_gradient_description(c->engine, d, forward);
    operation->primitive = dnnl::convolution_backward_weights(description);
    add_weights(*operation, c->engine, d.weight_dims, description.diff_weights_desc(), DNNL_ARG_DIFF_WEIGHTS, false);
    operation->arguments.emplace(DNNL_ARG_SRC, unbound(c->engine, d.x));
    operation->arguments.emplace(DNNL_ARG_DIFF_DST, unbound(c->engine, d.y));
    operation->arguments.emplace(DNNL_ARG_SCRATCHPAD, unbound(c->engine, description.scratchpad_desc()));
    return operation;
}

std::unique_ptr<Operation> make_product(fc_dnn *c, long batch, fc_dnn_type type, bool transpose_a, bool transpose_b, long m,
                                        long n, long k, bool bias, bool activate, float slope, fc_dnn_type c_type) {
    auto operation = std::make_unique<Operation>();
    // Three axes make oneDNN split the batch over threads; of one product it splits the rows.
    auto matrix = [&](long rows, long columns, fc_dnn_type type, bool transpose) {
        if (batch == 1) return memory::desc({rows, columns}, data_type(type), transpose ? Tag::ba : Tag::ab);
        return memory::desc({batch, rows, columns}, data_type(type), transpose ? Tag::acb : Tag::abc);
    };
    memory::desc a = matrix(m, k, type, transpose_a), b = matrix(k, n, type, transpose_b);
    memory::desc y = matrix(m, n, c_type, false), b0;
    if (bias) b0 = memory::desc({1, n}, memory::data_type::f32, Tag::ab);
    auto attr = attributes(activate, slope);
#if DNNL_VERSION_MAJOR >= 3
    dnnl::matmul::primitive_desc description(c->engine, a, b, b0, y, attr);
#else
    dnnl::matmul::desc desc = bias ? dnnl::matmul::desc(a, b, b0, y) : dnnl::matmul::desc(a, b, y);
    dnnl::matmul::primitive_desc description(desc, attr, c->engine);
#endif
    operation->primitive = dnnl::matmul(description);
    operation->arguments.emplace(DNNL_ARG_SRC, unbound(c->engine, a));
    operation->arguments.emplace(DNNL_ARG_WEIGHTS, unbound(c->engine, b));
    operation->arguments.emplace(DNNL_ARG_DST, unbound(c->engine, y));
    operation->arguments.emplace(DNNL_ARG_SCRATCHPAD, unbound(c->engine, description.scratchpad_desc()));
    if (bias) operation->arguments.emplace(DNNL_ARG_BIAS, unbound(c->engine, b0));
    return operation;
}

}  // namespace

const char *fc_dnn_absence(void) {
    static const std::string text = "oneDNN " + std::to_string(DNNL_VERSION_MAJOR) + " is not installed (" + dnnl::file()
        + "; Debian's package is libdnnl2 or libdnnl3)";
    return dnnl::library() ? nullptr : text.c_str();
}

const char *fc_dnn_version(void) {
    static const std::string text = []() -> std::string {
        if (!dnnl::library()) return "";
        const dnnl_version_t *v = dnnl::dnnl_version();
        return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
    }();
    return text.c_str();
}

const char *fc_dnn_instruction_set(void) {
    static const std::pair<dnnl_cpu_isa_t, const char *> sets[] = {
        {dnnl_cpu_isa_avx512_core_amx, "AMX-BF16"}, {dnnl_cpu_isa_avx512_core_bf16, "AVX512-BF16"},
        {dnnl_cpu_isa_avx512_core, "AVX-512"},      {dnnl_cpu_isa_avx2, "AVX2"},
        {dnnl_cpu_isa_avx, "AVX"},                  {dnnl_cpu_isa_sse41, "SSE4.1"}};
    for (const auto &[isa, name] : sets)
        if (may_use(isa)) return name;
    return "baseline";
}

int fc_dnn_has_bf16(void) { return may_use(dnnl_cpu_isa_avx512_core_bf16); }

fc_dnn *fc_dnn_create(int threads, const char **message) {
    if (const char *absence = fc_dnn_absence()) {
        *message = absence;
        return nullptr;
    }
    // The library's own cache would give one primitive to several contexts, which run at once, and not all primitives
    // bear that (github.com/uxlfoundation/oneDNN/issues/5393). A context keeps those that it made.
    static const dnnl_status_t uncached = dnnl::dnnl_set_primitive_cache_capacity(0);
    if (uncached != dnnl_success) {
        *message = "oneDNN's cache of primitives cannot be switched off";
        return nullptr;
    }
    try {
        return new fc_dnn(threads);
    } catch (const std::exception &) {
        *message = "oneDNN cannot be initialised";
        return nullptr;
    }
}

void fc_dnn_destroy(fc_dnn *context) { delete context; }

const char *fc_dnn_error(const fc_dnn *context) { return context->error.c_str(); }

int fc_dnn_convolution(fc_dnn *c, const fc_dnn_shape *shape, fc_dnn_type x_type, const void *x, const float *weights,
                       const float *bias, int activate, float slope, fc_dnn_type y_type, void *y) {
    return c->guarded([&] {
        auto key = convolution_key(Kind::forward, *shape, x_type, y_type, bias != nullptr, activate, slope);
        auto &operation = c->find(
            key, [&] { return make_forward(c, *shape, x_type, bias != nullptr, activate, slope, y_type); });
        c->load_weights(operation, weights);
        bind(operation, DNNL_ARG_SRC, x);
        bind(operation, DNNL_ARG_DST, y);
        if (bias) bind(operation, DNNL_ARG_BIAS, bias);
        c->run(operation);
    });
}

int fc_dnn_convolution_input_gradient(fc_dnn *c, const fc_dnn_shape *shape, fc_dnn_type type, const void *dy,
                                      const float *weights, void *dx) {
    return c->guarded([&] {
        auto key = convolution_key(Kind::input_gradient, *shape, type, type, false, false, 0);
        auto &operation = c->find(key, [&] { return make_input_gradient(c, *shape, type); });
        c->load_weights(operation, weights);
        bind(operation, DNNL_ARG_DIFF_DST, dy);
        bind(operation, DNNL_ARG_DIFF_SRC, dx);
        c->run(operation);
    });
}

int fc_dnn_convolution_weight_gradient(fc_dnn *c, const fc_dnn_shape *shape, fc_dnn_type type, const void *x,
                                       const void *dy, float *dw) {
    return c->guarded([&] {
        auto key = convolution_key(Kind::weight_gradient, *shape, type, type, false, false, 0);
        auto &operation = c->find(key, [&] { return make_weight_gradient(c, *shape, type); });
        bind(operation, DNNL_ARG_SRC, x);
        bind(operation, DNNL_ARG_DIFF_DST, dy);
        if (!operation.reorders) bind(operation, DNNL_ARG_DIFF_WEIGHTS, dw);
        c->run(operation);
        if (operation.reorders) {
            operation.reorder.dense.set_data_handle(dw);
            operation.reorder.primitive.execute(c->stream, operation.reorder.chosen, operation.reorder.dense);
        }
    });
}

int fc_dnn_product(fc_dnn *c, long batch, fc_dnn_type type, int transpose_a, int transpose_b, long m, long n, long k,
                   const void *a, const void *b, const float *bias, int activate, float slope, fc_dnn_type c_type,
                   void *y) {
    return c->guarded([&] {
        int bits = 0;
        if (activate) __builtin_memcpy(&bits, &slope, sizeof bits);
        Key key{{static_cast<long>(Kind::product), batch, m, n, k, transpose_a, transpose_b, type, c_type,
                 bias != nullptr, activate, bits}};
        auto &operation = c->find(key, [&] {
            return make_product(c, batch, type, transpose_a, transpose_b, m, n, k, bias != nullptr, activate, slope,
                                c_type);
        });
        bind(operation, DNNL_ARG_SRC, a);
        bind(operation, DNNL_ARG_WEIGHTS, b);
        bind(operation, DNNL_ARG_DST, y);
        if (bias) bind(operation, DNNL_ARG_BIAS, bias);
        c->run(operation);
    });
}

#else

const char *fc_dnn_absence(void) {
    return "the program was built without oneDNN; apt-get install libdnnl-dev and build it again";
}

const char *fc_dnn_version(void) { return ""; }
const char *fc_dnn_instruction_set(void) { return ""; }
int fc_dnn_has_bf16(void) { return 0; }

fc_dnn *fc_dnn_create(int, const char **message) {
    *message = fc_dnn_absence();
    return nullptr;
}

void fc_dnn_destroy(fc_dnn *) {}
const char *fc_dnn_error(const fc_dnn *) { return "no oneDNN"; }

int fc_dnn_convolution(fc_dnn *, const fc_dnn_shape *, fc_dnn_type, const void *, const float *, const float *, int,
                       float, fc_dnn_type, void *) {
    return -1;
}

int fc_dnn_convolution_input_gradient(fc_dnn *, const fc_dnn_shape *, fc_dnn_type, const void *, const float *,
                                      void *) {
    return -1;
}

int fc_dnn_convolution_weight_gradient(fc_dnn *, const fc_dnn_shape *, fc_dnn_type, const void *, const void *,
                                       float *) {
    return -1;
}

int fc_dnn_product(fc_dnn *, long, fc_dnn_type, int, int, long, long, long, const void *, const void *, const float *,
                   int, float, fc_dnn_type, void *) {
    return -1;
}

#endif
