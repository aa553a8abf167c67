/// Owns the precompiled headers of Catch2: its library takes part in every test program, and has
/// nothing of its own to say. main.cpp cannot own them, because it asks for the implementation.
