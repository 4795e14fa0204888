// What runs start from, per input of the model: random values from a seed, a .npy or .pb file, or an image.

import { FileUp, X } from 'lucide-react';
import { useState } from 'react';
import { typeText } from '../../engine/report/shape-text.ts';
import type { TensorSummary } from '../../engine/report/types/model.ts';
import { useActions, useApp } from '../hooks/app-context.ts';
import { activeModel, type ChosenInput, type OpenModel } from '../state/app-state.ts';
import { misfitOf } from '../state/derived/given-fit.ts';
import type { MadeInput } from '../state/requests/input-data.ts';
import { Button, IconButton } from '../widgets/button.tsx';
import { SelectField } from '../widgets/fields.tsx';
import { decodeImage } from './decode-image.ts';
import {
  type ChannelOrder,
  type ImageAxes,
  imageAxes,
  imageTensor,
  SCALES,
  type Scale,
} from './image-tensor.ts';
import styles from './inputs.module.css';
import { npyOf } from './npy.ts';

const IMAGE_NAME = /\.(png|jpe?g|webp|gif|bmp|avif)$/i;

export function InputForm() {
  const actions = useActions();
  const model = useApp(activeModel);
  if (!model) return null;
  const { graph } = model.summary;
  const inputs = graph.inputs.flatMap(id => model.index.tensors.get(id) ?? []);
  if (inputs.length === 0) return <p className={styles.note}>This model has no inputs.</p>;
  const random = inputs.filter(({ name }) => !model.inputs.given.has(name)).length;
  return (
    <>
      <ul className={styles.list}>
        {inputs.map(input => (
          <InputRow key={input.id} input={input} model={model} chosen={model.inputs.given.get(input.name)} />
        ))}
      </ul>
      <label className={styles.seed}>
        Seed of random inputs
        <input
          className={styles.number}
          type="number"
          min={0}
          max={2 ** 31 - 1}
          value={model.inputs.seed}
          disabled={random === 0}
          onChange={event => {
            const seed = event.target.valueAsNumber;
            if (Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 31) actions.setSeed(seed);
          }}
        />
      </label>
      <p className={styles.note}>
        Runs from now on start from this. Files stay on this computer; one that is given for a dimension that
        nobody has bound binds it.
      </p>
    </>
  );
}

function InputRow(props: {
  readonly input: TensorSummary;
  readonly model: OpenModel;
  readonly chosen: ChosenInput | undefined;
}) {
  const actions = useActions();
  const { input, chosen } = props;
  const [values, setValues] = useState<PixelValues>({ scale: 'unit', order: 'rgb' });
  const [refused, setRefused] = useState<string>();
  // What was given may not fit any more: dimensions can be bound anew.
  const problem = refused ?? (chosen && misfitOf(props.model.summary, input, chosen));
  const image = imageInputOf(input);
  const accept = `.npy,.pb${image ? ',image/*' : ''}`;
  const take = async (file: File): Promise<void> => {
    setRefused(undefined);
    if (image && IMAGE_NAME.test(file.name)) {
      setRefused(await actions.giveMade(input.name, file.name, () => madeOf(file, image, values)));
      return;
    }
    const why = await actions.giveFile(input.name, { file, path: file.name });
    setRefused(why === undefined || why.includes(file.name) ? why : `${file.name}: ${why}`);
  };
  return (
    <li className={styles.row}>
      <div className={styles.what}>
        <span className="mono">{input.name}</span>
        <span className={styles.type}>{typeText(input)}</span>
      </div>
      <div className={styles.choice}>
        <span className={styles.chosen} title={chosen?.label}>
          {chosen ? chosen.label : 'random'}
        </span>
        {chosen && (
          <IconButton
            label={`Random values for ${input.name}`}
            onClick={() => {
              setRefused(undefined);
              actions.giveRandom(input.name);
            }}
          >
            <X size={12} aria-hidden />
          </IconButton>
        )}
        <Button onClick={() => void pickOne(accept).then(file => file && take(file))}>
          <FileUp size={12} aria-hidden /> {image ? 'Image, .npy or .pb…' : '.npy or .pb…'}
        </Button>
      </div>
      {problem !== undefined && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      {image?.dtype === 'float32' && (!chosen || chosen.image) && (
        <PixelFields axes={image.axes} values={values} onChange={setValues} />
      )}
    </li>
  );
}

/** What numbers the pixels of an image become. */
interface PixelValues {
  readonly scale: Scale;
  readonly order: ChannelOrder;
}

/** An input that an image can be made for. */
interface ImageInput {
  readonly axes: ImageAxes;
  readonly dtype: 'float32' | 'uint8';
  readonly shape: readonly number[];
}

function imageInputOf({ dtype, shape = [] }: TensorSummary): ImageInput | undefined {
  if (dtype !== 'float32' && dtype !== 'uint8') return undefined;
  const axes = imageAxes(shape);
  return axes && { axes, dtype, shape };
}

/** An image as the tensor that an input takes. */
async function madeOf(
  file: File,
  { axes, dtype, shape }: ImageInput,
  values: PixelValues,
): Promise<MadeInput> {
  const pixels = await decodeImage(file, axes.width, axes.height);
  const bytes = npyOf(imageTensor(pixels, axes, { dtype, shape }, values));
  const label = [file.name, ...choiceText(dtype, axes.channels, values)].join(', ');
  return { bytes, label, found: { dtype, shape } };
}

function PixelFields(props: {
  readonly axes: ImageAxes;
  readonly values: PixelValues;
  readonly onChange: (values: PixelValues) => void;
}) {
  const { axes, values, onChange } = props;
  return (
    <div className={styles.image}>
      <SelectField
        label="Images as"
        value={values.scale}
        items={SCALE_ITEMS}
        onChange={scale => onChange({ ...values, scale })}
      />
      {axes.channels === 3 && (
        <SelectField
          label="Channels"
          value={values.order}
          items={ORDER_ITEMS}
          onChange={order => onChange({ ...values, order })}
        />
      )}
      <span className={styles.type}>
        stretched to {axes.width} × {axes.height}
      </span>
    </div>
  );
}

const SCALE_ITEMS = (Object.keys(SCALES) as Scale[]).map(value => ({ value, label: SCALES[value].label }));
const ORDER_ITEMS = [
  { value: 'rgb', label: 'RGB' },
  { value: 'bgr', label: 'BGR' },
] as const;

const choiceText = (dtype: string, channels: number, { scale, order }: PixelValues): readonly string[] => [
  ...(dtype === 'float32' ? [SCALES[scale].label] : []),
  ...(channels === 3 ? [order.toUpperCase()] : []),
];

/** Asks for one file; undefined when the dialog was closed. */
function pickOne(accept: string): Promise<File | undefined> {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = accept;
  return new Promise(resolve => {
    input.onchange = () => resolve(input.files?.[0]);
    input.oncancel = () => resolve(undefined);
    input.click();
  });
}
