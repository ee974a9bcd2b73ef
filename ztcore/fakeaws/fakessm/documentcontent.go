package fakessm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// content is what a document in JSON says.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html
type content struct {
	SchemaVersion string                  `json:"schemaVersion"`
	Description   string                  `json:"description"`
	AssumeRole    string                  `json:"assumeRole"`
	Parameters    map[string]docParameter `json:"parameters"`
	MainSteps     []step                  `json:"mainSteps"`
	SessionType   string                  `json:"sessionType"`
	Inputs        json.RawMessage         `json:"inputs"`
	RuntimeConfig json.RawMessage         `json:"runtimeConfig"`
	Variables     map[string]any          `json:"variables"`
	Outputs       json.RawMessage         `json:"outputs"`
	Files         json.RawMessage         `json:"files"`
	Properties    json.RawMessage         `json:"properties"`
}

type docParameter struct {
	Type           string `json:"type"`
	Description    string `json:"description,omitempty"`
	Default        any    `json:"default,omitempty"`
	AllowedValues  []any  `json:"allowedValues,omitempty"`
	AllowedPattern string `json:"allowedPattern,omitempty"`
	DisplayType    string `json:"displayType,omitempty"`
	MinItems       *int   `json:"minItems,omitempty"`
	MaxItems       *int   `json:"maxItems,omitempty"`
	MinChars       *int   `json:"minChars,omitempty"`
	MaxChars       *int   `json:"maxChars,omitempty"`
}

type step struct {
	Name   string `json:"name"`
	Action string `json:"action"`
}

// schemas are the versions that each type of document may be written in.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
var schemas = map[types.DocumentType][]string{
	types.DocumentTypeCommand: {"1.2", "2.0", "2.2"}, types.DocumentTypePolicy: {"2.0"}, types.DocumentTypeAutomation: {"0.3"}, types.DocumentTypeSession: {"1.0"},
}

var (
	// reference is a parameter that a document's text refers to; what steps put out has a dot, what the service sets a colon.
	reference = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)
	// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html
	parameterType = regexp.MustCompile(`^(String|StringList|Integer|Boolean|MapList|StringMap|(List<)?AWS::[A-Za-z0-9]+::[A-Za-z0-9]+(::[A-Za-z0-9]+)?>?)$`)
	stepName      = regexp.MustCompile(`^[a-zA-Z0-9_]{3,128}$`)
	// schemaLine finds the version in a document in YAML.
	schemaLine = regexp.MustCompile(`(?m)^["']?schemaVersion["']?\s*:\s*["']?([0-9.]+)["']?\s*$`)
)

func badContent(format string, args ...any) error {
	return &types.InvalidDocumentContent{Message: aws.String(fmt.Sprintf(format, args...))}
}

// checkContent refuses a text that is no document of its type. Documents in YAML are held to their schema version alone.
func checkContent(text string, format types.DocumentFormat, kind types.DocumentType) (schema string, err error) {
	allowed, ok := schemas[kind]
	if !ok {
		return "", &types.InvalidDocumentType{Message: aws.String("Documents of the type " + string(kind) + " are not supported, or not faked.")}
	}
	if len(text) > 64<<10 {
		return "", &types.MaxDocumentSizeExceeded{Message: aws.String("The size limit of a document is 64 KB.")}
	}
	if format == types.DocumentFormatYaml {
		if m := schemaLine.FindStringSubmatch(text); m != nil {
			schema = m[1]
		}
	} else {
		c, err := parse(text)
		if err != nil {
			return "", err
		}
		schema = c.SchemaVersion
		if err := c.check(text, kind); err != nil {
			return "", err
		}
	}
	if !slices.Contains(allowed, schema) {
		return "", &types.InvalidDocumentSchemaVersion{Message: aws.String(fmt.Sprintf("The schema version %q is not supported for documents of the type %s.", schema, kind))}
	}
	return schema, nil
}

func parse(text string) (content, error) {
	var c content
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	// Steps have more members than are looked at here.
	var loose struct {
		MainSteps []map[string]any `json:"mainSteps"`
	}
	if err := json.Unmarshal([]byte(text), &loose); err != nil {
		return c, badContent("JSON not well-formed: %s", err)
	}
	var whole map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &whole); err != nil {
		return c, badContent("JSON not well-formed: %s", err)
	}
	delete(whole, "mainSteps")
	rest, err := json.Marshal(whole)
	if err != nil {
		return c, badContent("JSON not well-formed: %s", err)
	}
	d = json.NewDecoder(bytes.NewReader(rest))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, badContent("%s", err)
	}
	for _, s := range loose.MainSteps {
		name, _ := s["name"].(string)
		action, _ := s["action"].(string)
		c.MainSteps = append(c.MainSteps, step{name, action})
	}
	return c, nil
}

func (c content) check(text string, kind types.DocumentType) error {
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		if p := c.Parameters[name]; !parameterType.MatchString(p.Type) {
			return badContent("Parameter %s has an unsupported type: %q", name, p.Type)
		}
	}
	if kind == types.DocumentTypeSession {
		if !slices.Contains([]string{"Standard_Stream", "InteractiveCommands", "NonInteractiveCommands", "Port"}, c.SessionType) {
			return badContent("sessionType %q is not supported", c.SessionType)
		}
		if c.SessionType == "Standard_Stream" && c.Inputs == nil {
			return badContent("inputs is required for sessions of the type Standard_Stream")
		}
		return nil
	}
	if c.SchemaVersion == "1.2" {
		if c.RuntimeConfig == nil {
			return badContent("runtimeConfig is required for schema version 1.2")
		}
	} else if len(c.MainSteps) == 0 {
		return badContent("mainSteps must have at least one step")
	}
	seen := map[string]bool{}
	for i, s := range c.MainSteps {
		switch {
		case !stepName.MatchString(s.Name) || s.Action == "":
			return badContent("step %d must have a name of 3 to 128 letters, digits and _, and an action", i+1)
		case seen[s.Name]:
			return badContent("step name %s is not unique", s.Name)
		case kind == types.DocumentTypeAutomation && !strings.HasPrefix(s.Action, "aws:"):
			return badContent("action %s of step %s is not supported", s.Action, s.Name)
		}
		seen[s.Name] = true
	}
	for _, m := range reference.FindAllStringSubmatch(text, -1) {
		if _, ok := c.Parameters[m[1]]; !ok {
			return badContent("parameter %s is not defined", m[1])
		}
	}
	return nil
}

// checkParameters holds what is given to what a document declares; problem is why it can't be run with them.
func (c content) checkParameters(given map[string][]string) (problem string) {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		p, ok := c.Parameters[name]
		if !ok {
			return "Parameter " + name + " is not defined in the document"
		}
		list := p.Type == "StringList" || p.Type == "MapList" || strings.HasPrefix(p.Type, "List<")
		if !list && len(given[name]) != 1 {
			return "Parameter " + name + " takes one value"
		}
		if p.MinItems != nil && len(given[name]) < *p.MinItems || p.MaxItems != nil && len(given[name]) > *p.MaxItems {
			return "Parameter " + name + " has too few or too many values"
		}
		for _, v := range given[name] {
			if strings.Contains(v, "{{") {
				continue // a parameter of the store, or of the event, takes its place later
			}
			if len(p.AllowedValues) > 0 && !slices.ContainsFunc(p.AllowedValues, func(a any) bool { return fmt.Sprint(a) == v }) {
				return fmt.Sprintf("Parameter %s has the value %s, which is not among the allowed values %v", name, v, p.AllowedValues)
			}
			if p.AllowedPattern != "" {
				if re, err := regexp.Compile(p.AllowedPattern); err == nil && !re.MatchString(v) {
					return "Parameter " + name + " has a value that does not match the pattern " + p.AllowedPattern
				}
			}
			if (p.Type == "Boolean" && v != "true" && v != "false") || (p.Type == "Integer" && !regexp.MustCompile(`^-?[0-9]+$`).MatchString(v)) {
				return "Parameter " + name + " must be of the type " + p.Type
			}
			if p.MinChars != nil && len(v) < *p.MinChars || p.MaxChars != nil && len(v) > *p.MaxChars {
				return "Parameter " + name + " is too short or too long"
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		if _, ok := given[name]; !ok && c.Parameters[name].Default == nil {
			return "Parameter " + name + " is required"
		}
	}
	return ""
}

// describe answers the parameters in the order of their names.
func (c content) describe() []types.DocumentParameter {
	var out []types.DocumentParameter
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		p := c.Parameters[name]
		d := types.DocumentParameter{Name: aws.String(name), Type: types.DocumentParameterTypeString}
		if p.Type == "StringList" || strings.HasPrefix(p.Type, "List<") {
			d.Type = types.DocumentParameterTypeStringList
		}
		if p.Description != "" {
			d.Description = aws.String(p.Description)
		}
		switch v := p.Default.(type) {
		case nil:
		case string:
			d.DefaultValue = aws.String(v)
		default:
			d.DefaultValue = aws.String(canonical(v))
		}
		out = append(out, d)
	}
	return out
}
