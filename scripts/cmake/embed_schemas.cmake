# Writes OUTPUT: a C++ table of the texts of FILES below ROOT.
set(content "#include \"schemas/embedded_schemas.h\"\n\nnamespace cox {\n\nconst std::map<std::string_view, std::string_view>& embedded_schemas() {\n  static const std::map<std::string_view, std::string_view> kFiles = {\n")
foreach(file IN LISTS FILES)
  file(READ ${ROOT}/${file} text)
  string(APPEND content "      {\"${file}\", R\"COXTEXT(${text})COXTEXT\"},\n")
endforeach()
string(APPEND content "  };\n  return kFiles;\n}\n\n}  // namespace cox\n")
file(WRITE ${OUTPUT} "${content}")
