# Writes OUTPUT: a C++ table of the texts of FILES below ROOT, returned by FUNCTION of NAMESPACE,
# which HEADER declares.
set(content "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\n\nconst std::map<std::string_view, std::string_view>& ${FUNCTION}() {\n  static const std::map<std::string_view, std::string_view> kFiles = {\n")
foreach(file IN LISTS FILES)
  file(READ ${ROOT}/${file} text)
  string(APPEND content "      {\"${file}\", R\"COXTEXT(${text})COXTEXT\"},\n")
endforeach()
string(APPEND content "  };\n  return kFiles;\n}\n\n}  // namespace ${NAMESPACE}\n")
file(WRITE ${OUTPUT} "${content}")
