const stages: Readonly<Record<string, string>> = {
  yaml: `The first stage of three: the text is not YAML, or other programs would read it as something else (a key twice, a number with a
leading zero). The schema and the rules are checked once it is corrected. The finding itself says what to write.`,
  schema: `The second stage of three: the value is not what schema/services.schema.json allows at this place. The rules are checked once it is
corrected. The finding itself says what is allowed; \`pgfleet explain pool.size\` says what one field takes.`,
}

/** The code of a finding of the first two stages (`yaml/...`, `schema/...`) as text; its message says all that there is to the one case. */
export function explainStage(word: string): string | undefined {
  const [, stage = ''] = /^(yaml|schema)\/[A-Za-z-]+$/.exec(word) ?? []
  return stages[stage] && `${word}\n\n${stages[stage]}\n`
}
