{
  "targets": [
    {
      "target_name": "rumpkernel",
      "sources": [
        "native/binding/bind_bench.cc",
        "native/binding/bind_clocks.cc",
        "native/binding/bind_gate.cc",
        "native/binding/bind_host.cc",
        "native/binding/bind_host_bio.cc",
        "native/binding/bind_host_dl.cc",
        "native/binding/bind_host_files.cc",
        "native/binding/bind_host_memory.cc",
        "native/binding/bind_list.cc",
        "native/binding/bind_locks.cc",
        "native/binding/bind_lwps.cc",
        "native/binding/bind_module.cc",
        "native/binding/bind_sockets.cc",
        "native/binding/bind_threads.cc",
        "native/binding/isolate.cc",
        "native/binding/module.cc",
        "native/binding/pump.cc",
        "native/binding/sockets.cc",
        "native/rumpuser/bio.cc",
        "native/rumpuser/clock.cc",
        "native/rumpuser/console.cc",
        "native/rumpuser/curlwp.cc",
        "native/rumpuser/cv.cc",
        "native/rumpuser/daemonize.cc",
        "native/rumpuser/dl.cc",
        "native/rumpuser/dl_file.cc",
        "native/rumpuser/dl_object.cc",
        "native/rumpuser/dl_symbols.cc",
        "native/rumpuser/errno.cc",
        "native/rumpuser/file.cc",
        "native/rumpuser/file_iov.cc",
        "native/rumpuser/file_sync.cc",
        "native/rumpuser/fsop.cc",
        "native/rumpuser/fsop_attr.cc",
        "native/rumpuser/fsop_now.cc",
        "native/rumpuser/fsop_open.cc",
        "native/rumpuser/fsop_path.cc",
        "native/rumpuser/gate.cc",
        "native/rumpuser/gate_copy.cc",
        "native/rumpuser/gate_thread.cc",
        "native/rumpuser/idle.cc",
        "native/rumpuser/internal.cc",
        "native/rumpuser/jobs.cc",
        "native/rumpuser/lock_table.cc",
        "native/rumpuser/lwp.cc",
        "native/rumpuser/memory.cc",
        "native/rumpuser/module_link.cc",
        "native/rumpuser/module_thread.cc",
        "native/rumpuser/mutex.cc",
        "native/rumpuser/param.cc",
        "native/rumpuser/random.cc",
        "native/rumpuser/region.cc",
        "native/rumpuser/rwlock.cc",
        "native/rumpuser/rwlock_readers.cc",
        "native/rumpuser/socket.cc",
        "native/rumpuser/tenant.cc",
        "native/rumpuser/term.cc",
        "native/rumpuser/thread.cc",
        "native/rumpuser/wait.cc"
      ],
      "include_dirs": [
        "native/include",
        "native/rumpuser",
        "<!(node -p \"require('node-addon-api').include_dir\")"
      ],
      "defines": ["NAPI_VERSION=9", "NAPI_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags_cc": ["-std=c++17", "-fvisibility=hidden", "-Wall", "-Wextra"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti"],
      "conditions": [
        ["OS=='linux'", {
          "sources": ["native/rumpuser/wait_futex.cc"],
          "libraries": ["-ldl", "-pthread"],
          "ldflags": ["-Wl,-z,nodelete"]
        }, {
          "sources": ["native/rumpuser/wait_portable.cc"]
        }],
        ["OS=='mac'", {
          "xcode_settings": {
            "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
            "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
            "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
            "MACOSX_DEPLOYMENT_TARGET": "11.0"
          }
        }],
        ["OS=='win'", {
          "msvs_settings": {"VCCLCompilerTool": {"ExceptionHandling": 1, "AdditionalOptions": ["/std:c++17"]}}
        }]
      ]
    }
  ]
}
