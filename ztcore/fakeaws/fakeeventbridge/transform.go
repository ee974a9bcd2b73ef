package fakeeventbridge

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// pathRE is what the fake takes of JSON paths: fields and indexes.
var (
	pathRE = regexp.MustCompile(`^\$(\.[A-Za-z0-9_\-]+|\[[0-9]+\])*$`)
	stepRE = regexp.MustCompile(`\.([A-Za-z0-9_\-]+)|\[([0-9]+)\]`)
)

// inputOf is what a target is given of an event.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
func inputOf(r *rule, t types.Target, event string) string {
	switch {
	case t.Input != nil:
		return *t.Input
	case t.InputPath != nil:
		return encode(at(event, *t.InputPath))
	case t.InputTransformer != nil:
		return fill(r, *t.InputTransformer, event)
	}
	return event
}

// at is the value at a path, nil if there is none.
func at(event, path string) any {
	d := json.NewDecoder(strings.NewReader(event))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	for _, m := range stepRE.FindAllStringSubmatch(path, -1) {
		switch x := v.(type) {
		case map[string]any:
			v = x[m[1]]
		case []any:
			i, err := strconv.Atoi(m[2])
			if err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// fill puts values into a template: within quotes as they are, elsewhere as JSON.
func fill(r *rule, t types.InputTransformer, event string) string {
	template := aws.ToString(t.InputTemplate)
	var out strings.Builder
	quoted, last := false, 0
	for _, m := range placeholderRE.FindAllStringSubmatchIndex(template, -1) {
		before := template[last:m[0]]
		for i := range len(before) {
			if before[i] == '"' && (i == 0 || before[i-1] != '\\') {
				quoted = !quoted
			}
		}
		out.WriteString(before)
		v := value(r, t, template[m[2]:m[3]], event)
		if s, ok := v.(string); ok && quoted {
			q := encode(s)
			out.WriteString(q[1 : len(q)-1])
		} else {
			out.WriteString(encode(v))
		}
		last = m[1]
	}
	out.WriteString(template[last:])
	return out.String()
}

func value(r *rule, t types.InputTransformer, name, event string) any {
	switch name {
	case "aws.events.rule-arn":
		return r.ARN
	case "aws.events.rule-name":
		return r.Name
	case "aws.events.event", "aws.events.event.json":
		return at(event, "$")
	}
	return at(event, t.InputPathsMap[name])
}

func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("fakeeventbridge: a value that was JSON is none any more: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}
