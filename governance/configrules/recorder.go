package configrules

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Recorder records all that AWS Config knows of, continuously, and delivers it to a bucket. It is three resources: the
// recorder, the delivery channel, and that it records, in the order that AWS wants them in, and out of it in the reverse.
//
// What it has recorded is evidence: it is stopped and removed only when AllowDelete names the recorder and the channel.
type Recorder struct {
	Name string // "default" if empty; one that exists keeps its name
	// Role is what Config reads and delivers as. It trusts config.amazonaws.com and has the policy service-role/AWS_ConfigRole,
	// or it is AWS's own AWSServiceRoleForConfig.
	Role id.RoleARN
	// GlobalIn is the region where the resources that have none, as IAM's, are recorded: us-east-1 if empty. In every region they
	// would be recorded, and paid for, once each.
	GlobalIn string

	Bucket id.Bucket   // where the history goes: dataprotect's Bucket.Delivery, or a name
	Prefix string      // of the keys
	Key    id.KeyARN   // encrypts what is delivered; the bucket's own default if empty
	Topic  id.TopicARN // is told of every change; none if empty
	// SnapshotEvery is how often a snapshot of everything is delivered: One_Hour, Three_Hours, Six_Hours, Twelve_Hours or
	// TwentyFour_Hours, which it is if empty.
	SnapshotEvery string
	After         []string // tokens of what must stand before, as the key's policy
}

// Started is a token for what has to wait until the recorder records.
func (r Recorder) Started() string { return recordings.Ref(r.name(), "Recorder") }

func (r Recorder) name() string {
	if r.Name == "" {
		return "default"
	}
	return r.Name
}

// Declare implements ztcore.Resource.
func (r Recorder) Declare(d *ztcore.Declaration) {
	name, global, every := r.name(), r.GlobalIn, r.SnapshotEvery
	if global == "" {
		global = "us-east-1"
	}
	if every == "" {
		every = string(types.MaximumExecutionFrequencyTwentyFourHours)
	}
	recorders.Declare(d, name, recorderState{Default: name, Role: string(r.Role), Everything: true, GlobalIn: global}).After(r.After...)
	channels.Declare(d, name, channelState{
		Default: name, Bucket: string(r.Bucket), Prefix: r.Prefix, Key: string(r.Key), Topic: string(r.Topic), SnapshotEvery: every,
	}).After(recorders.Ref(name, "Name"))
	recordings.Declare(d, name, recordingState{Recorder: recorders.Ref(name, "Name"), On: true}).After(channels.Ref(name, "Name"))
}

type recorderState struct {
	Default    string `zt:"-"` // the name if there is none yet
	Name       string `zt:"output"`
	Role       string
	Everything bool   // all types that are supported, and those to come
	Daily      bool   // once a day in place of continuously
	GlobalIn   string // see Recorder
	// ManagedBy is whoever else changes it back.
	ManagedBy string
}

var recorders = &ztcore.Kind[recorderState]{
	Name: "governance.ConfigRecorder", Permissions: &recordersNeed, Put: putRecorder, Check: checkRecorder,
	Get: func(ctx context.Context, sc *ztcore.Scope, want recorderState) (recorderState, bool, error) {
		r, err := findRecorder(ctx, sc)
		if r == nil {
			return recorderState{}, false, err
		}
		return seenRecorder(sc, *r, want), true, nil
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have recorderState) error {
		err := have.others()
		if err == nil {
			_, err = configservice.NewFromConfig(sc.Config).DeleteConfigurationRecorder(ctx, &configservice.DeleteConfigurationRecorderInput{ConfigurationRecorderName: &have.Name})
		}
		return unlessAbsent(err)
	},
	Retry: []ztcore.Retry{freshRole}, HoldsData: true, Controls: []string{"CIS AWS 3.0 3.3", "FSBP Config.1", "NIST SP 800-207 tenet 5", "CISA ZTMM Visibility and Analytics"},
}

var recordersNeed = ztcore.Permissions{
	Read:   []string{"config:DescribeConfigurationRecorders"},
	Write:  []string{"config:PutConfigurationRecorder", "iam:PassRole"},
	Delete: []string{"config:DeleteConfigurationRecorder"},
}

// freshRole is the refusal of a role that Config does not know yet.
var freshRole = ztcore.Retry{Code: "InvalidRoleException"}

// findRecorder finds the region's own recorder, nil if there is none. Those that other services made for themselves are not it.
func findRecorder(ctx context.Context, sc *ztcore.Scope) (*types.ConfigurationRecorder, error) {
	out, err := configservice.NewFromConfig(sc.Config).DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
	if err != nil {
		return nil, err
	}
	for _, r := range out.ConfigurationRecorders {
		if r.ServicePrincipal == nil {
			return &r, nil
		}
	}
	return nil, nil
}

func seenRecorder(sc *ztcore.Scope, r types.ConfigurationRecorder, want recorderState) recorderState {
	have := recorderState{Name: aws.ToString(r.Name), Role: aws.ToString(r.RoleARN), GlobalIn: want.GlobalIn}
	if r.RecordingMode != nil {
		have.Daily = r.RecordingMode.RecordingFrequency == types.RecordingFrequencyDaily
	}
	group := types.RecordingGroup{}
	if r.RecordingGroup != nil {
		group = *r.RecordingGroup
	}
	have.Everything = group.AllSupported
	switch here := sc.Region == want.GlobalIn; {
	case group.IncludeGlobalResourceTypes:
		have.GlobalIn = sc.Region
	case here:
		have.GlobalIn = ""
	}
	if strings.HasPrefix(have.Name, "aws-controltower-") {
		have.ManagedBy = "AWS Control Tower"
	}
	return have
}

func putRecorder(ctx context.Context, sc *ztcore.Scope, want recorderState) error {
	name := want.Default
	have, err := findRecorder(ctx, sc)
	if have != nil {
		name, err = aws.ToString(have.Name), seenRecorder(sc, *have, want).others()
	}
	if err != nil {
		return err
	}
	_, err = configservice.NewFromConfig(sc.Config).PutConfigurationRecorder(ctx, &configservice.PutConfigurationRecorderInput{ConfigurationRecorder: want.recorder(sc, name)})
	return err
}

// recorder is what is sent.
func (want recorderState) recorder(sc *ztcore.Scope, name string) *types.ConfigurationRecorder {
	return &types.ConfigurationRecorder{
		Name: &name, RoleARN: &want.Role, RecordingMode: &types.RecordingMode{RecordingFrequency: types.RecordingFrequencyContinuous},
		RecordingGroup: &types.RecordingGroup{AllSupported: true, IncludeGlobalResourceTypes: sc.Region == want.GlobalIn, RecordingStrategy: &types.RecordingStrategy{UseOnly: types.RecordingStrategyTypeAllSupportedResourceTypes}},
	}
}

// others refuses to change what somebody else changes back.
func (have recorderState) others() error {
	if have.ManagedBy == "" {
		return nil
	}
	return fmt.Errorf("recorder %s is managed by %s, which changes it back: observe it (ztcore.Observe), or leave it out", have.Name, have.ManagedBy)
}

func checkRecorder(want recorderState) []ztcore.Finding {
	var out []ztcore.Finding
	out = append(out, checkName(want.Default)...)
	if !ztcore.HasToken(want.Role) && !roleRE.MatchString(want.Role) {
		out = append(out, ztcore.Finding{Attribute: "Role", Message: fmt.Sprintf("%q can't be a role", want.Role), Fix: "use the ARN of a role that trusts config.amazonaws.com"})
	}
	return out
}

// https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationRecorder.html
var (
	roleRE = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/.+$`)
	nameRE = regexp.MustCompile(`^[\w.-]{1,256}$`)
)

func checkName(name string) []ztcore.Finding {
	if nameRE.MatchString(name) {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Name", Message: fmt.Sprintf("%q can't be a name here", name), Fix: "use 1–256 letters, digits and _.-"}}
}

// unlessAbsent forgives that what is to be removed is gone already.
func unlessAbsent(err error) error {
	var (
		recorder   *types.NoSuchConfigurationRecorderException
		channel    *types.NoSuchDeliveryChannelException
		rule       *types.NoSuchConfigRuleException
		aggregator *types.NoSuchConfigurationAggregatorException
	)
	if errors.As(err, &recorder) || errors.As(err, &channel) || errors.As(err, &rule) || errors.As(err, &aggregator) {
		return nil
	}
	return err
}
