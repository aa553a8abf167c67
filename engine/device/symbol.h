#pragma once

#include <dlfcn.h>

namespace cox::engine {

/// Sets `function` to what a library opened by dlopen has under this name; false, and null, when it
/// has nothing. The caller answers for the type.
template <typename Function>
bool find_symbol(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace cox::engine
