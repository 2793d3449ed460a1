// Package render turns a report into bytes: JSON, SARIF 2.1.0, GitHub workflow
// commands, GitLab Code Quality and the text that a person reads. Every
// function is a pure rendering of its arguments: the same report gives the same
// bytes, and the first error of the writer is returned.
//
// # Security
//
// Paths, member names, callables and messages come from the files under audit
// and are hostile. Each sink has one escaper, and each escaper has a fuzz
// target: [Escape] for terminals and logs, [ShellQuote] for commands meant to
// be pasted, and unexported ones for workflow commands, URIs, Python literals,
// Markdown and bytes that are not UTF-8 inside JSON. No escaper of names maps
// two names to one text, but long names are
// shortened where a person reads them; paths never are.
//
// [ReadJSON] reads reports that [JSON] wrote. It refuses unknown keys, another
// schema and more than 256 MiB, and it is no proof that a report is genuine.
package render
