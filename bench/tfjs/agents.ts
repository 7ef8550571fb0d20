/** The two contenders of `cartpole.ts`: the same policy and critic, from the same weights, with the same updates. */
import type { Scalar, Tensor, Tensor2D, Variable } from "@tensorflow/tfjs-core";
import { adam, dense, huber, Sequential, softmax, softmaxCrossEntropy } from "affine-wasm/nn";

const tf = await import("@tensorflow/tfjs-core");
// Registers the gradients of the operations.
await import("@tensorflow/tfjs-layers");

const [STATES, ACTIONS] = [4, 2];
const [RATE, CLIP] = [3e-3, 0.5];

export interface Agent {
  probabilities(states: Float32Array): Float32Array;
  values(states: Float32Array): Float32Array;
  update(states: Float32Array, actions: Uint8Array, advantages: Float32Array, returns: Float32Array): void;
}

/** The policy with the logits of the actions, or the critic with what a state is worth. */
const network = (outputs: number, seed: number) =>
  new Sequential(STATES, [dense(64, { activation: "tanh" }), dense(outputs)], { seed });

export function ours(): Agent {
  const [policy, critic] = [network(ACTIONS, 1), network(1, 2)];
  const optimizers = [adam({ learningRate: RATE, clipNorm: CLIP }), adam({ learningRate: RATE })] as const;
  return {
    probabilities: (states) => softmax(policy.predict(states) as Float32Array, ACTIONS),
    values: (states) => critic.predict(states) as Float32Array,
    update(states, labels, weights, targets) {
      policy.backward(softmaxCrossEntropy().of(policy.forward(states), { labels, weights }).dy, {
        inputGradient: false,
      });
      optimizers[0].step(policy);
      critic.backward(huber().of(critic.forward(states), { targets }).dy, { inputGradient: false });
      optimizers[1].step(critic);
    },
  };
}

/** The same from the same weights, by the functions of tfjs-core, of which tf.layers makes its dense layers. */
export function theirs(): Agent {
  const variablesOf = (net: ReturnType<typeof network>) =>
    net.layers.flatMap(({ weight, bias, inFeatures, outFeatures }) => [
      // Copies: the `cpu` backend keeps the array that it is given.
      tf.variable(tf.tensor2d(Float32Array.from(weight as Float32Array), [inFeatures, outFeatures])) as Variable,
      tf.variable(tf.tensor1d(Float32Array.from(bias as Float32Array))) as Variable,
    ]);
  const [policy, critic] = [variablesOf(network(ACTIONS, 1)), variablesOf(network(1, 2))];
  const optimizers = [tf.train.adam(RATE, 0.9, 0.999, 1e-8), tf.train.adam(RATE, 0.9, 0.999, 1e-8)] as const;
  const outputs = (states: Float32Array, [w1, b1, w2, b2]: Variable[]): Tensor2D => {
    const x = tf.tensor2d(states, [states.length / STATES, STATES]);
    const hidden = tf.tanh(tf.fused.matMul({ a: x, b: w1 as Tensor2D, bias: b1 as Tensor }));
    return tf.fused.matMul({ a: hidden, b: w2 as Tensor2D, bias: b2 as Tensor }) as Tensor2D;
  };
  const named = (grads: Record<string, Tensor>) => Object.entries(grads).map(([name, tensor]) => ({ name, tensor }));
  const clipped = (grads: Record<string, Tensor>) => {
    const norm = tf.sqrt(tf.addN(Object.values(grads).map((grad) => tf.sum(tf.square(grad)))));
    const scale = tf.minimum(1, tf.div(CLIP, norm));
    return named(grads).map(({ name, tensor }) => ({ name, tensor: tf.mul(tensor, scale) }));
  };
  return {
    probabilities: (states) => tf.tidy(() => tf.softmax(outputs(states, policy)).dataSync<"float32">()),
    values: (states) => tf.tidy(() => outputs(states, critic).dataSync<"float32">()),
    update: (states, actions, advantages, returns) =>
      tf.tidy(() => {
        const labels = tf.oneHot(tf.tensor1d(Int32Array.from(actions), "int32"), ACTIONS);
        const policyLoss = () =>
          tf.losses.softmaxCrossEntropy(labels, outputs(states, policy), tf.tensor1d(advantages)) as Scalar;
        optimizers[0].applyGradients(clipped(tf.variableGrads(policyLoss, policy).grads));
        const criticLoss = () =>
          tf.losses.huberLoss(tf.tensor2d(returns, [returns.length, 1]), outputs(states, critic)) as Scalar;
        optimizers[1].applyGradients(named(tf.variableGrads(criticLoss, critic).grads));
      }),
  };
}
