package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const (
	largestTemplate = 51200
	mostResources   = 500
	mostParameters  = 200
)

var (
	nameRE = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)
	idRE   = regexp.MustCompile(`^[a-zA-Z0-9]{1,255}$`)
	typeRE = regexp.MustCompile(`^(\w+::\w+::\w+(::\w+)*|Custom::[\w@-]+)$`)
)

// sections are those that a template may have.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
var sections = []string{"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions", "Transform", "Resources", "Outputs", "Hooks"}

// parsedTemplate is as much of a template as is checked.
type parsedTemplate struct {
	Parameters map[string]struct {
		Type    string
		Default any
		NoEcho  any
	}
	Resources map[string]struct {
		Type       string
		Properties map[string]any
	}
	Transform any
}

// secretParameters are those with NoEcho.
func secretParameters(t text) []string {
	var p parsedTemplate
	if json.Unmarshal([]byte(t), &p) != nil {
		return nil // it has none that could be told
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p.Parameters)), func(key string) bool {
		return p.Parameters[key].NoEcho != true && p.Parameters[key].NoEcho != "true"
	})
}

// values are those that the parameters will have: the given ones, and the template's defaults for the others.
func values(t text, given map[string]string) map[string]string {
	out := map[string]string{}
	var p parsedTemplate
	if json.Unmarshal([]byte(t), &p) == nil {
		for key, parameter := range p.Parameters {
			if parameter.Default != nil {
				out[key] = fmt.Sprint(parameter.Default)
			}
		}
	}
	for _, key := range secretParameters(t) {
		delete(out, key)
	}
	maps.Copy(out, given)
	return out
}

func checkStack(want stackState) []ztcore.Finding {
	var out []ztcore.Finding
	bad := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if !nameRE.MatchString(want.Name) {
		bad("Name", fmt.Sprintf("%q can't be a stack's name", want.Name), "use 1–128 letters, digits and -, beginning with a letter")
	}
	if want.Policy != nil && !json.Valid([]byte(*want.Policy)) {
		bad("Policy", "is no JSON", "correct it")
	}
	if n := len(want.Template); n > largestTemplate {
		bad("Template", fmt.Sprintf("has %d bytes, and CloudFormation takes %d", n, largestTemplate), "divide it into several stacks")
	}
	var whole map[string]json.RawMessage
	var t parsedTemplate
	if err := json.Unmarshal([]byte(want.Template), &whole); err != nil {
		bad("Template", "is no JSON object: "+err.Error(), "convert a template in YAML, as with cfn-flip, or build one with Template")
		return out
	}
	if err := json.Unmarshal([]byte(want.Template), &t); err != nil {
		bad("Template", "is no template: "+err.Error(), "correct it")
		return out
	}
	for _, section := range slices.Sorted(maps.Keys(whole)) {
		if !slices.Contains(sections, section) {
			bad("Template."+section, "is no section of a template", "use one of "+strings.Join(sections, ", "))
		}
	}
	switch n := len(t.Resources); {
	case n == 0:
		bad("Template.Resources", "there are none", "a template makes at least one resource")
	case n > mostResources:
		bad("Template.Resources", fmt.Sprintf("are %d, and CloudFormation takes %d", n, mostResources), "divide them among several stacks")
	}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if !idRE.MatchString(id) {
			bad("Template.Resources."+id, "can't be a logical id", "use letters and digits")
		}
		if !typeRE.MatchString(t.Resources[id].Type) {
			bad("Template.Resources."+id+".Type", fmt.Sprintf("%q is no type", t.Resources[id].Type), "write it as AWS::S3::Bucket")
		}
	}
	out = append(out, checkParameters(want, t)...)
	return append(out, checkCapabilities(want.Capabilities, t)...)
}

func checkParameters(want stackState, t parsedTemplate) []ztcore.Finding {
	var out []ztcore.Finding
	bad := func(key, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: "Parameters." + key, Message: message, Fix: fix})
	}
	if n := len(t.Parameters); n > mostParameters {
		bad("", fmt.Sprintf("are %d, and CloudFormation takes %d", n, mostParameters), "divide the template")
	}
	secret := secretParameters(want.Template)
	for _, key := range slices.Sorted(maps.Keys(want.Parameters)) {
		if _, ok := t.Parameters[key]; !ok {
			bad(key, "is no parameter of the template", "leave it out")
		} else if slices.Contains(secret, key) {
			bad(key, "is a secret, which would show in plans", "give it as one of Secrets")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want.Secrets)) {
		if !slices.Contains(secret, key) {
			bad(key, "is no parameter with NoEcho, and CloudFormation would show it to everyone who may look", "set NoEcho in the template")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(t.Parameters)) {
		_, given := want.Parameters[key]
		_, secretly := want.Secrets[key]
		if !given && !secretly && t.Parameters[key].Default == nil {
			bad(key, "has no value", "give it one, or a default in the template")
		}
	}
	return out
}

// checkCapabilities finds what the template can do and nobody has acknowledged.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
func checkCapabilities(have []string, t parsedTemplate) []ztcore.Finding {
	need := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		r := t.Resources[id]
		if strings.HasPrefix(r.Type, "AWS::IAM::") {
			need["CAPABILITY_IAM"] = id
			for _, name := range []string{"RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName"} {
				if r.Properties[name] != nil {
					need["CAPABILITY_NAMED_IAM"] = id
				}
			}
		}
	}
	if t.Transform != nil {
		need["CAPABILITY_AUTO_EXPAND"] = "Transform"
	}
	if need["CAPABILITY_NAMED_IAM"] != "" || slices.Contains(have, "CAPABILITY_NAMED_IAM") {
		delete(need, "CAPABILITY_IAM") // the other includes it
	}
	var out []ztcore.Finding
	for _, capability := range slices.Sorted(maps.Keys(need)) {
		if !slices.Contains(have, capability) {
			out = append(out, ztcore.Finding{Attribute: "Capabilities", Message: need[capability] + " takes " + capability, Fix: "look at what it makes, then add " + capability})
		}
	}
	for _, capability := range have {
		if !slices.Contains([]string{"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"}, capability) {
			out = append(out, ztcore.Finding{Attribute: "Capabilities", Message: fmt.Sprintf("%q is none", capability), Fix: "use CAPABILITY_IAM, CAPABILITY_NAMED_IAM or CAPABILITY_AUTO_EXPAND"})
		}
	}
	return out
}

// Kinds lists the package's kinds, for ztcore.Prune.
func Kinds() []ztcore.AnyKind { return []ztcore.AnyKind{stacks} }
