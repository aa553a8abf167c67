#pragma once

#include <dlfcn.h>

namespace cox::engine {

/// Sets `function` to the symbol of this name in a library opened by dlopen. Returns false and sets
/// null if it is missing. The caller is responsible for the type.
template <typename Function>
bool find_symbol(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace cox::engine
