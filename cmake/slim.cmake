# Included by CMake inside llama-cpp-python's build: llama.cpp's "common" library (51 files) is compiled by default
# but never used by the Python package. A normal variable wins over the cache entry the package forces (CMP0126).
set(LLAMA_BUILD_COMMON OFF)
