import { describeConfig, readConfig } from '../config.ts';
import { refuseUnbuilt } from '../main-gateway.ts';
import { loadPolicy } from '../policy/policy.ts';
import { exitWithMistakes } from './exit.ts';

/** Says everything that is wrong with a configuration, or that nothing is. */
export async function checkConfig(options: { config: string }): Promise<void> {
  try {
    const config = readConfig({ file: options.config, env: process.env });
    refuseUnbuilt(config, (text) => console.error(text));
    const { model, rules } = config.policy;
    const policy = await loadPolicy({ model: model.text, rules: rules.text });
    console.log(`${config.file}: nothing is wrong (${describeConfig(config).digest})`);
    console.log(`policy: ${policy.digest}`);
  } catch (error) {
    exitWithMistakes(error);
  }
}
