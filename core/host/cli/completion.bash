# Completion for bash; what there is, the program itself says.
_tomada() {
  local words=() word before=
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    # Bash makes three words of --profile=local.
    if [[ ${#words[@]} -gt 0 && ( $word == = || $before == = ) ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    before=$word
  done
  mapfile -t COMPREPLY < <("$1" __complete "${words[@]}" 2>/dev/null)
}
complete -o default -F _tomada tomada
