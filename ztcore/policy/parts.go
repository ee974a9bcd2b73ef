package policy

import "bytes"

// Parts is the document statement by statement, as JSON the way it was written, by its canonical form: what two
// documents do not have in common is what a change between them adds and removes.
func (d Document) Parts() map[string]string {
	out := map[string]string{}
	for _, s := range d.Statements {
		var meaning, text bytes.Buffer
		for _, c := range (Document{Version: d.Version, Statements: []Statement{s}}).Canonical().Statements {
			c.write(&meaning)
		}
		s.write(&text)
		out[meaning.String()] = text.String()
	}
	return out
}
