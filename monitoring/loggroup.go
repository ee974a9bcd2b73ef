package monitoring

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// LogGroup is a log group of CloudWatch Logs. The zero value with a name keeps events for a year, as AWS's security
// standard asks, encrypted with a key of AWS's own.
//
// A log group holds data: it is removed only when AllowDelete names it.
type LogGroup struct {
	Name string    // 1–512 letters, digits and .-_/#
	Key  id.KeyARN // encrypts what comes in from now on; see LogKeyPolicy for what its policy needs. AWS's own if empty
	// Retention is how long events are kept, in the numbers of days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120,
	// 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653. 365 days if zero.
	// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
	Retention      time.Duration
	KeepForever    bool   // in place of Retention
	ShorterBecause string // lets Retention be less than a year, and says why
	Tags           map[string]string
}

// ARN is the log group's ARN, known before the group exists, without ":*" at its end.
func (g LogGroup) ARN() id.LogGroupARN { return id.LogGroupARN(logGroups.Ref(g.Name, "ARN")) }

// GroupName is the log group's name, for what has to wait for the group.
func (g LogGroup) GroupName() id.LogGroup { return id.LogGroup(logGroups.Ref(g.Name, "Name")) }

// Declare implements ztcore.Resource.
func (g LogGroup) Declare(d *ztcore.Declaration) {
	want := logGroupState{Name: g.Name, Key: string(g.Key), Days: days(g.Retention, 365), Tags: g.Tags}
	if g.KeepForever {
		want.Days = 0
		if g.Retention != 0 {
			d.Reject(ztcore.Finding{Resource: ztcore.Address(logGroups.Name + "/" + g.Name), Attribute: "KeepForever", Message: "both KeepForever and Retention are set", Fix: "set one"})
		}
	}
	n := logGroups.Declare(d, g.Name, want)
	if want.Days > 0 && want.Days < 365 {
		n.Except("ShorterBecause", g.ShorterBecause)
	}
}

type logGroupState struct {
	Name string `zt:"key"`
	Key  string
	Days int32             // of retention; 0 is for ever
	Tags map[string]string `zt:"tags"`
	ARN  string            `zt:"output"`
}

var logGroups = &ztcore.Kind[logGroupState]{
	Name: "monitoring.LogGroup", Permissions: &logGroupsNeed, PermissionsFor: logGroupsNeedFor, Read: readLogGroups, Create: createLogGroup, Update: updateLogGroup, Delete: deleteLogGroup,
	Predict: func(sc *ztcore.Scope, want *logGroupState) {
		want.ARN = "arn:" + sc.Partition + ":logs:" + sc.Region + ":" + sc.Account + ":log-group:" + want.Name
	},
	Check: checkLogGroup,
	// The key's policy, or the key, is new and not known everywhere.
	Retry:     []ztcore.Retry{{Code: "InvalidParameterException", Message: "KMS key does not exist or is not allowed"}, {Code: "OperationAbortedException"}},
	HoldsData: true,
	Controls:  []string{"FSBP CloudWatch.16", "NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var logGroupsNeed = ztcore.Permissions{
	Read:   []string{"logs:DescribeLogGroups", "logs:ListTagsForResource"},
	Write:  []string{"logs:CreateLogGroup", "logs:TagResource"},
	Delete: []string{"logs:DeleteLogGroup"},
}

// logGroupsNeedFor is what setting a key and a time to keep takes, and what taking them away does.
func logGroupsNeedFor(want logGroupState) (p ztcore.Permissions) {
	if want.Key != "" {
		p.Write = append(p.Write, "logs:AssociateKmsKey")
	} else {
		p.Write = append(p.Write, "logs:DisassociateKmsKey")
	}
	if want.Days != 0 {
		p.Write = append(p.Write, "logs:PutRetentionPolicy")
	} else {
		p.Write = append(p.Write, "logs:DeleteRetentionPolicy")
	}
	return p
}

func readLogGroups(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[logGroupState]) ([]logGroupState, error) {
	client, in := cloudwatchlogs.NewFromConfig(sc.Config), &cloudwatchlogs.DescribeLogGroupsInput{}
	if len(q.Want) == 1 && !q.Owned {
		in.LogGroupNamePrefix = &q.Want[0].Name
	}
	var found []*logGroupState
	for {
		page, err := client.DescribeLogGroups(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, g := range page.LogGroups {
			if name := *g.LogGroupName; q.Owned || slices.ContainsFunc(q.Want, func(w logGroupState) bool { return w.Name == name }) {
				found = append(found, &logGroupState{Name: name, Key: aws.ToString(g.KmsKeyId), Days: aws.ToInt32(g.RetentionInDays), ARN: strings.TrimSuffix(*g.Arn, ":*")})
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	err := ztcore.Each(ctx, len(found), func(ctx context.Context, i int) error {
		tags, err := client.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: &found[i].ARN})
		if noLogs(err) {
			found[i] = nil // it has gone since
			return nil
		} else if err == nil {
			found[i].Tags = tags.Tags
		}
		return err
	})
	return present(found), err
}

// noLogs recognizes CloudWatch Logs' own answer for what does not exist.
func noLogs(err error) bool {
	missing := new(types.ResourceNotFoundException)
	return errors.As(err, &missing)
}

func createLogGroup(ctx context.Context, sc *ztcore.Scope, want logGroupState) error {
	in := &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &want.Name, Tags: want.Tags}
	if want.Key != "" {
		in.KmsKeyId = &want.Key
	}
	client := cloudwatchlogs.NewFromConfig(sc.Config)
	if _, err := client.CreateLogGroup(ctx, in); err != nil {
		return err
	}
	return keepLogs(ctx, client, want)
}

func keepLogs(ctx context.Context, client *cloudwatchlogs.Client, want logGroupState) (err error) {
	if want.Days == 0 {
		_, err = client.DeleteRetentionPolicy(ctx, &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: &want.Name})
	} else {
		_, err = client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: &want.Name, RetentionInDays: &want.Days})
	}
	return err
}

func updateLogGroup(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[logGroupState]) (err error) {
	client, want := cloudwatchlogs.NewFromConfig(sc.Config), u.Want
	if u.Changed("Key") && want.Key != "" {
		_, err = client.AssociateKmsKey(ctx, &cloudwatchlogs.AssociateKmsKeyInput{LogGroupName: &want.Name, KmsKeyId: &want.Key})
	} else if u.Changed("Key") {
		_, err = client.DisassociateKmsKey(ctx, &cloudwatchlogs.DisassociateKmsKeyInput{LogGroupName: &want.Name})
	}
	if err == nil && u.Changed("Days") {
		err = keepLogs(ctx, client, want)
	}
	if err == nil && u.Changed("Tags") {
		_, err = client.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: &u.Have.ARN, Tags: want.Tags})
	}
	return err
}

func deleteLogGroup(ctx context.Context, sc *ztcore.Scope, have logGroupState) error {
	_, err := cloudwatchlogs.NewFromConfig(sc.Config).DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &have.Name})
	if noLogs(err) {
		return nil
	}
	return err
}

var (
	// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
	logGroupName = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`)
	retentions   = []int32{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)

func checkLogGroup(want logGroupState) []ztcore.Finding {
	var out []ztcore.Finding
	if !logGroupName.MatchString(want.Name) || strings.HasPrefix(want.Name, "aws/") {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: want.Name + " can't be the name of a log group", Fix: "use 1–512 letters, digits and .-_/#, and not aws/ at the start"})
	}
	if want.Days != 0 && !slices.Contains(retentions, want.Days) {
		out = append(out, ztcore.Finding{Attribute: "Retention", Message: "CloudWatch Logs has no such retention", Fix: fmt.Sprintf("use one of these numbers of days: %v", retentions)})
	}
	if want.Key != "" && !ztcore.HasToken(want.Key) && !strings.Contains(want.Key, ":key/") {
		out = append(out, ztcore.Finding{Attribute: "Key", Message: want.Key + " is not the ARN of a key, and CloudWatch Logs takes no id and no alias", Fix: "use arn:aws:kms:…:key/…"})
	}
	return out
}
