package monitoring

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

const (
	management = "Management"
	data       = "Data"
	readOnly   = "ReadOnly"
	writeOnly  = "WriteOnly"
)

// selected are some of the events that a trail records.
type selected struct {
	Category string `json:",omitempty"` // Management or Data
	Type     string `json:",omitempty"` // of resources, for data events
	Under    string `json:",omitempty"` // what their ARNs begin with; empty for all
	Access   string `json:",omitempty"` // ReadOnly or WriteOnly; empty for both
	Only     string `json:",omitempty"` // conditions that are never wanted, as they were found
}

func wantedEvents(all []DataEvents) []selected {
	out := []selected{{Category: management}}
	for _, d := range all {
		if len(d.Under) == 0 {
			out = append(out, selected{Category: data, Type: d.Type, Access: d.Access})
		}
		for _, arn := range d.Under {
			out = append(out, selected{Category: data, Type: d.Type, Under: string(arn), Access: d.Access})
		}
	}
	return out
}

// seenEvents reads basic and advanced selectors alike.
func seenEvents(got *cloudtrail.GetEventSelectorsOutput) []selected {
	out := []selected{}
	for _, s := range got.EventSelectors {
		access := strings.TrimPrefix(string(s.ReadWriteType), string(types.ReadWriteTypeAll))
		if s.IncludeManagementEvents == nil || *s.IncludeManagementEvents {
			e := selected{Category: management, Access: access}
			if len(s.ExcludeManagementEventSources) > 0 {
				e.Only = fmt.Sprint("without ", s.ExcludeManagementEventSources)
			}
			out = append(out, e)
		}
		for _, d := range s.DataResources {
			for _, arn := range d.Values {
				out = append(out, selected{Category: data, Type: aws.ToString(d.Type), Under: arn, Access: access})
			}
		}
	}
	for _, s := range got.AdvancedEventSelectors {
		out = append(out, seenAdvanced(s)...)
	}
	return out
}

func seenAdvanced(s types.AdvancedEventSelector) []selected {
	var e selected
	var under []string
	for _, f := range s.FieldSelectors {
		narrow := len(f.NotEquals)+len(f.NotStartsWith)+len(f.NotEndsWith)+len(f.EndsWith) > 0
		switch field := aws.ToString(f.Field); {
		case field == "eventCategory" && !narrow && len(f.Equals) == 1:
			e.Category = f.Equals[0]
		case field == "resources.type" && !narrow && len(f.Equals) == 1:
			e.Type = f.Equals[0]
		case field == "readOnly" && slices.Equal(f.Equals, []string{"true"}):
			e.Access = readOnly
		case field == "readOnly" && slices.Equal(f.Equals, []string{"false"}):
			e.Access = writeOnly
		case field == "resources.ARN" && !narrow && len(f.Equals) == 0:
			under = f.StartsWith
		default:
			e.Only += fmt.Sprint(field, f.Equals, f.StartsWith, f.EndsWith, f.NotEquals, f.NotStartsWith, f.NotEndsWith, " ")
		}
	}
	if len(under) == 0 {
		return []selected{e}
	}
	var out []selected
	for _, arn := range under {
		one := e
		one.Under = arn
		out = append(out, one)
	}
	return out
}

// selectors are what is sent: a basic selector where management events are all, and advanced ones otherwise, one for each type
// and access.
func selectors(want trailState) *cloudtrail.PutEventSelectorsInput {
	in := &cloudtrail.PutEventSelectorsInput{TrailName: &want.Name}
	equals := func(field string, value string) types.AdvancedFieldSelector {
		return types.AdvancedFieldSelector{Field: &field, Equals: []string{value}}
	}
	var order []selected
	under := map[selected][]string{}
	for _, e := range want.Events {
		arn := e.Under
		e.Under = ""
		if _, seen := under[e]; !seen {
			order = append(order, e)
			under[e] = nil
		}
		if arn != "" {
			under[e] = append(under[e], arn)
		}
	}
	if len(order) == 1 && order[0] == (selected{Category: management}) {
		in.EventSelectors = []types.EventSelector{{ReadWriteType: types.ReadWriteTypeAll, IncludeManagementEvents: aws.Bool(true)}}
		return in
	}
	for _, e := range order {
		s := types.AdvancedEventSelector{Name: aws.String(strings.TrimSpace(e.Category + " " + e.Type)), FieldSelectors: []types.AdvancedFieldSelector{equals("eventCategory", e.Category)}}
		if e.Type != "" {
			s.FieldSelectors = append(s.FieldSelectors, equals("resources.type", e.Type))
		}
		if e.Access != "" {
			s.FieldSelectors = append(s.FieldSelectors, equals("readOnly", fmt.Sprint(e.Access == readOnly)))
		}
		if len(under[e]) > 0 {
			s.FieldSelectors = append(s.FieldSelectors, types.AdvancedFieldSelector{Field: aws.String("resources.ARN"), StartsWith: under[e]})
		}
		in.AdvancedEventSelectors = append(in.AdvancedEventSelectors, s)
	}
	return in
}
